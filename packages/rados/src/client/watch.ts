import { ERRNO, errnoError } from '@cephts/common';
import type { CephError } from '@cephts/common';
import type { RawObjectLocator } from '@cephts/encoding';
import { checkBytes, checkNumber, checkWhole, U32_MAX } from '../objecter/check-args.js';
import type { Linger } from '../objecter/linger-ops.js';
import type { NotifyReply } from '../objecter/linger-ops.js';
import { signals } from '../signals.js';
import { givenUp } from './call-options.js';
import type { IoCtxHost } from './io-ctx-host.js';

export type { NotifyReply } from '../objecter/linger-ops.js';

/** How an object is watched. */
export interface WatchOptions {
  /** Seconds of silence after which the OSD drops the watch. @defaultValue what the OSD is set up for (30) */
  timeout?: number;
  /** Acknowledge each notification as it is taken, with nothing to say. @defaultValue true */
  autoAck?: boolean;
  /** Gives the watch up while it is not known to the OSD yet, and ends it and the iteration afterwards. */
  signal?: AbortSignal;
}

/** How the watchers of an object are notified. */
export interface NotifyOptions {
  /** ms that watchers have to acknowledge. @defaultValue `client_notify_timeout` (10 s) */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Somebody has notified. */
export interface Notification {
  readonly notifyId: number;
  /** The id of who did. */
  readonly notifierGid: number;
  readonly payload: Uint8Array;
  /** Tells who notified; the first time counts. @throws CephError `ERR_CEPH_EINVAL` where the reply is no Uint8Array */
  ack(reply?: Uint8Array): void;
}

const NO_BYTES = new Uint8Array(0);

/**
 * A watch on an object. It outlives connections and OSDs; where it is lost all the same (the object was removed, the client was cut off for
 * too long) the iteration throws `ERR_CEPH_ENOTCONN`; at the end of the session it throws `ERR_CEPH_ESHUTDOWN`.
 *
 * @example
 * ```ts
 * for await (const { payload, ack } of await ioctx.watch('name')) console.log(payload);
 * ```
 */
export class Watch implements AsyncIterable<Notification> {
  readonly #host: IoCtxHost;
  readonly #queue: Notification[] = [];
  readonly #autoAck: boolean;
  #linger: Linger | undefined;
  #error: CephError | undefined;
  #closed = false;
  /** Iterations that wait for the next. */
  readonly #waiting: (() => void)[] = [];
  /** Turns away from the signal. */
  #unlisten: (() => void) | undefined;

  private constructor(host: IoCtxHost, autoAck: boolean) {
    this.#host = host;
    this.#autoAck = autoAck;
  }

  /** @internal */
  static open(host: IoCtxHost, oid: string, oloc: RawObjectLocator, options: WatchOptions): Promise<Watch> {
    const { timeout = 0, autoAck = true, signal } = options;
    if (signal?.aborted) return Promise.reject(givenUp('the watch', signal));
    const watch = new Watch(host, autoAck);
    return new Promise((resolve, reject) => {
      checkWhole('timeout', timeout, { max: U32_MAX });
      const handlers = {
        onNotify: (notifyId: number, notifierGid: number, payload: Uint8Array) => watch.#take(notifyId, notifierGid, payload),
        onError: (r: number) => {
          watch.#error = errnoError(r, `watch of ${oid}`);
          watch.#wake();
        },
      };
      watch.#linger = host.objecter.lingers.watch(oid, oloc, timeout, handlers, (r) => {
        if (r >= 0) {
          resolve(watch);
          return;
        }
        watch.#unlisten?.();
        reject(errnoError(r, `watch of ${oid}`));
      });
      if (!signal) return;
      watch.#unlisten = signals.add(signal, () => {
        reject(givenUp('the watch', signal));
        // the OSD may have it already
        watch.close().catch(() => undefined);
      });
    });
  }

  /** The number that the OSD knows it by. */
  get cookie(): number {
    return this.#linger?.cookie ?? 0;
  }

  /** ms since it was last known to be alive. @throws CephError where it is lost */
  check(): number {
    const age = this.#linger ? this.#host.objecter.lingers.check(this.#linger) : 0;
    if (age < 0) throw errnoError(age, 'watch');
    return age;
  }

  /** Ends the watch and the iteration. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unlisten?.();
    this.#wake();
    const linger = this.#linger as Linger;
    await new Promise<void>((resolve, reject) => {
      // who is not known as a watcher any more, or has no session, has nothing to end
      const over = new Set([-ERRNO.ENOENT, -ERRNO.ENOTCONN, -ERRNO.ESHUTDOWN]);
      this.#host.objecter.lingers.unwatch(linger, (r) => (r >= 0 || over.has(r) ? resolve() : reject(errnoError(r, 'unwatch'))));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Each notification goes to one iteration. Leaving the loop ends the watch, as with streams of Node: with `for await (… of await
   * ioctx.watch(…))` nobody else could. To take one and go on later, call `next()` of the iterator.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Notification> {
    try {
      for (;;) {
        const next = this.#queue.shift();
        if (next) {
          if (this.#autoAck) next.ack();
          yield next;
          continue;
        }
        if (this.#error) {
          // the OSD may know of it all the same, but there is nothing to wait for
          this.close().catch(() => undefined);
          throw this.#error;
        }
        if (this.#closed) return;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    } finally {
      await this.close();
    }
  }

  #wake(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  #take(notifyId: number, notifierGid: number, payload: Uint8Array): void {
    let acked = false;
    const ack = (reply: Uint8Array = NO_BYTES): void => {
      if (acked || !this.#linger) return;
      checkBytes('reply', reply);
      acked = true;
      this.#host.objecter.lingers.notifyAck(this.#linger, notifyId, reply);
    };
    this.#queue.push({ notifyId, notifierGid, payload, ack });
    this.#wake();
  }
}

/** Notifies, and waits for who watches. */
export function notify(
  host: IoCtxHost,
  oid: string,
  oloc: RawObjectLocator,
  payload: Uint8Array = NO_BYTES,
  { timeoutMs = host.cct.conf.number('client_notify_timeout') * 1000, signal }: NotifyOptions = {},
): Promise<NotifyReply> {
  if (signal?.aborted) return Promise.reject(givenUp('the notification', signal));
  return new Promise((resolve, reject) => {
    checkBytes('payload', payload);
    checkNumber('timeoutMs', timeoutMs, { max: U32_MAX * 1000 });
    const { lingers } = host.objecter;
    const linger = lingers.notify(oid, oloc, payload, timeoutMs, (r, reply) => {
      unlisten?.();
      // who did not acknowledge in time is in the reply
      if (reply && (r >= 0 || r === -ERRNO.ETIMEDOUT)) resolve(reply);
      else reject(signal?.aborted ? givenUp('the notification', signal) : errnoError(r, `notification of ${oid}`));
    });
    const unlisten = signal && signals.add(signal, () => lingers.cancel(linger, -ERRNO.ECANCELED));
  });
}
