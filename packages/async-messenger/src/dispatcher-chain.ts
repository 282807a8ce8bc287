import type { CephContext } from '@cephts/common';
import type { DispatchHandler } from '@cephts/dispatch-queue';
import type { Connection } from './connection.js';
import type { Dispatcher } from './dispatcher.js';
import type { Message } from './message.js';

/** The dispatchers of a messenger, asked in order. */
export class DispatcherChain implements DispatchHandler<Message, Connection> {
  readonly #cct: CephContext;
  #all: Dispatcher[] = [];
  #fast: Dispatcher[] = [];

  constructor(cct: CephContext) {
    this.#cct = cct;
  }

  /** @returns true for the first one */
  add(dispatcher: Dispatcher, place: 'head' | 'tail'): boolean {
    const first = this.#all.length === 0;
    const fast = dispatcher.msCanFastDispatchAny?.() ?? false;
    this.#all = place === 'head' ? [dispatcher, ...this.#all] : [...this.#all, dispatcher];
    if (fast) this.#fast = place === 'head' ? [dispatcher, ...this.#fast] : [...this.#fast, dispatcher];
    return first;
  }

  /** Does any of them fast dispatch? */
  get isFast(): boolean {
    return this.#fast.length > 0;
  }

  deliver(m: Message, begin: number = this.#cct.clock.monotonicNow()): void {
    const { log } = this.#cct;
    m.dispatchStamp = begin;
    if (log.shouldGather('ms', 1)) {
      const front = m.data.length + m.middle.length;
      log.write('ms', 1, `<== ${String(m.src)} ${m.seq} ==== ${m.print()} ==== +${front} con ${m.connection?.connId ?? 0}`);
    }
    try {
      for (const dispatcher of this.#all) if (dispatcher.msDispatch(m)) return;
      this.#cct.dout('ms', 0, () => `ms_deliver_dispatch: unhandled message ${m.print()} from ${String(m.src)}`);
    } finally {
      m.put();
    }
  }

  discard(m: Message): void {
    m.put();
  }

  fastPreprocess(m: Message): void {
    for (const dispatcher of this.#fast) dispatcher.msFastPreprocess?.(m);
  }

  canFastDispatch(m: Message): boolean {
    for (const dispatcher of this.#fast) if (dispatcher.msCanFastDispatch?.(m)) return true;
    return false;
  }

  fastDispatch(m: Message): void {
    m.dispatchStamp = this.#cct.clock.monotonicNow();
    try {
      for (const dispatcher of this.#fast) {
        if (dispatcher.msCanFastDispatch?.(m)) {
          dispatcher.msFastDispatch?.(m);
          return;
        }
      }
    } finally {
      m.put();
    }
  }

  handleConnect(con: Connection): void {
    for (const dispatcher of this.#all) dispatcher.msHandleConnect?.(con);
  }

  handleAccept(con: Connection): void {
    for (const dispatcher of this.#all) dispatcher.msHandleAccept?.(con);
  }

  handleReset(con: Connection): void {
    for (const dispatcher of this.#all) if (dispatcher.msHandleReset?.(con)) return;
  }

  handleRemoteReset(con: Connection): void {
    for (const dispatcher of this.#all) dispatcher.msHandleRemoteReset?.(con);
  }

  handleRefused(con: Connection): void {
    for (const dispatcher of this.#all) if (dispatcher.msHandleRefused?.(con)) return;
  }

  fastConnect(con: Connection): void {
    this.#report(() => this.#all.forEach((dispatcher) => dispatcher.msHandleFastConnect?.(con)));
  }

  fastAccept(con: Connection): void {
    this.#report(() => this.#all.forEach((dispatcher) => dispatcher.msHandleFastAccept?.(con)));
  }

  /** False where any dispatcher refuses the peer; who throws does. */
  handleAuthentication(con: Connection): boolean {
    return this.#report(() => this.#all.every((dispatcher) => dispatcher.msHandleAuthentication?.(con) ?? true)) ?? false;
  }

  /** What no dispatch queue calls: it reports what the others throw. */
  #report<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.#cct.reportError(error, 'msgr-worker-0');
      return undefined;
    }
  }
}
