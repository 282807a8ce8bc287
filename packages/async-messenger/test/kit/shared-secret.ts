import { AuthNone, CON_MODE } from '@cephts/async-messenger';
import type { AuthConnectionMeta, AuthVerdict, Connection } from '@cephts/async-messenger';
import { AuthEntityName } from '@cephts/encoding';

const SECRET = Uint8Array.from({ length: 40 }, (_, i) => i * 7);
const KEY = Uint8Array.from({ length: 16 }, (_, i) => i + 1);

/** Method none with a secret both ends know, as cephx would have agreed on one: secure mode. */
export class SharedSecret extends AuthNone {
  constructor() {
    super({ name: () => AuthEntityName.parse('client.x')!, globalId: () => 1, modes: [CON_MODE.SECURE] });
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
    meta.sessionKey = KEY;
    meta.connectionSecret = SECRET;
  }
}
