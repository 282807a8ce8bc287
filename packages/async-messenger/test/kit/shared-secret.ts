import { AuthNone, CON_MODE } from '@cephts/async-messenger';
import type { AuthConnectionMeta, AuthVerdict, Connection } from '@cephts/async-messenger';
import { AuthEntityName } from '@cephts/encoding';

/** What both ends know; see {@link SharedSecret}. */
export interface SharedSecretOptions {
  /** Signs what went before the authentication; empty: it is not signed. */
  key?: Uint8Array;
  /** Encrypts in secure mode. */
  secret?: Uint8Array;
  /** @defaultValue secure */
  mode?: number;
}

/** Method none with a secret both ends know, as cephx would have agreed on one. */
export class SharedSecret extends AuthNone {
  readonly #key: Uint8Array;
  readonly #secret: Uint8Array;

  constructor({
    key = Uint8Array.from({ length: 16 }, (_, i) => i + 1),
    secret = Uint8Array.from({ length: 40 }, (_, i) => i * 7),
    mode = CON_MODE.SECURE,
  }: SharedSecretOptions = {}) {
    super({ name: () => AuthEntityName.parse('client.x')!, globalId: () => 1, modes: [mode] });
    this.#key = key;
    this.#secret = secret;
  }

  override handleAuthDone(_con?: Connection, meta?: AuthConnectionMeta): number {
    this.#agree(meta);
    return 0;
  }

  override handleAuthRequest(
    con: Connection,
    meta: AuthConnectionMeta,
    more: boolean,
    method: number,
    payload: Uint8Array,
  ): AuthVerdict {
    this.#agree(meta);
    return super.handleAuthRequest(con, meta, more, method, payload);
  }

  #agree(meta: AuthConnectionMeta | undefined): void {
    if (!meta) return;
    meta.sessionKey = this.#key;
    meta.connectionSecret = this.#secret;
  }
}
