import { ERRNO } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import type { AuthConnectionMeta, AuthRequestPlan, Connection, Message } from '@cephts/async-messenger';
import { CEPH_ENTITY_TYPE_MON, Encoder } from '@cephts/encoding';
import type { AuthEntityName } from '@cephts/encoding';
import type { AuthRegistry } from '../auth/auth-registry.js';
import { AUTH_MODE } from '../auth/auth-types.js';
import type { ClientHandler } from '../auth/client-handler.js';
import { MMonGetMap } from '../messages/m-mon.js';

/** What connections to monitors have in common. */
export interface MonConnectionHost {
  readonly cct: CephContext;
  readonly entityName: AuthEntityName;
  readonly registry: AuthRegistry;
  /** A handler for a method, or undefined for one that is not known. */
  createHandler(method: number): ClientHandler | undefined;
}

/**
 * A connection to a monitor on which one authenticates; of several that are tried the first to succeed stays.
 *
 * @see MonConnection in src/mon/MonClient.{h,cc} (16.2.15)
 */
export class MonConnection {
  readonly con: Connection;
  readonly #host: MonConnectionHost;
  #handler: ClientHandler | undefined;
  #method = -1;
  #haveSession = false;
  globalId: number;
  /** Sent once the session is up: a command to this very monitor. */
  pendingCommand: Message | undefined = undefined;

  /** @param handler one that authenticated before: shows that the global id is one's own */
  constructor(host: MonConnectionHost, con: Connection, globalId: number, handler?: ClientHandler) {
    this.#host = host;
    this.con = con;
    this.globalId = globalId;
    this.#handler = handler;
  }

  get handler(): ClientHandler | undefined {
    return this.#handler;
  }

  get haveSession(): boolean {
    return this.#haveSession;
  }

  start(): void {
    this.con.sendMessage(new MMonGetMap());
  }

  getAuthRequest(): AuthRequestPlan | number {
    const { registry, entityName } = this.#host;
    if (this.#method < 0) {
      const [first] = registry.supportedMethods(CEPH_ENTITY_TYPE_MON);
      if (first === undefined) return -ERRNO.EACCES;
      this.#method = first;
    }
    const preferredModes = registry.supportedModes(CEPH_ENTITY_TYPE_MON, this.#method);
    if (preferredModes.length === 0) return -ERRNO.EACCES;
    if (this.#handler?.method === this.#method) this.#handler.reset();
    else this.#handler = this.#host.createHandler(this.#method);
    if (!this.#handler) return -ERRNO.EOPNOTSUPP;
    this.#handler.setGlobalId(this.globalId);
    const e = new Encoder(64).u8(AUTH_MODE.MON);
    entityName.encode(e);
    e.u64(this.globalId);
    return { method: this.#method, preferredModes, payload: e.toBytes() };
  }

  handleAuthReplyMore(payload: Uint8Array): Uint8Array | number {
    if (!this.#handler) return -ERRNO.EINVAL;
    const { r } = this.#handler.handleResponse(0, payload);
    if (r === -ERRNO.EAGAIN) {
      try {
        return this.#handler.buildRequest();
      } catch (error) {
        this.#host.cct.dout('monc', 0, () => (error instanceof Error ? error.message : String(error)));
        return -ERRNO.ENOENT;
      }
    }
    return r < 0 ? r : -ERRNO.EINVAL;
  }

  handleAuthDone(meta: AuthConnectionMeta, globalId: number, payload: Uint8Array): number {
    if (!this.#handler) return -ERRNO.EINVAL;
    this.globalId = globalId;
    this.#handler.setGlobalId(globalId);
    const outcome = this.#handler.handleResponse(0, payload);
    // some tickets may be missing still: they are asked for within the session
    if (outcome.r < 0 && outcome.r !== -ERRNO.EAGAIN) return outcome.r;
    meta.sessionKey = outcome.sessionKey ?? meta.sessionKey;
    meta.connectionSecret = outcome.connectionSecret ?? meta.connectionSecret;
    this.#haveSession = true;
    this.con.lastKeepaliveAck = this.#host.cct.clock.now();
    if (this.pendingCommand) this.con.sendMessage(this.pendingCommand);
    this.pendingCommand = undefined;
    return 0;
  }

  /** @returns 0 to try the next method that both ends have */
  handleAuthBadMethod(result: number, allowed: readonly number[]): number {
    const supported = this.#host.registry.supportedMethods(CEPH_ENTITY_TYPE_MON);
    const next = supported.slice(supported.indexOf(this.#method) + 1).find((method) => allowed.includes(method));
    if (next === undefined) return result < 0 ? result : -ERRNO.EACCES;
    this.#method = next;
    return 0;
  }

  close(): void {
    this.con.markDown();
  }
}
