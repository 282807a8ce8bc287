/** A pending timer of a {@link Clock}. */
export type TimerHandle = unknown;

/**
 * Where time and "later" come from. The real clock is {@link realClock}; tests and the simulation use a VirtualClock.
 */
export interface Clock {
  /** Milliseconds, monotonic, with a fraction; the origin is arbitrary. */
  monotonicNow(): number;
  /** Wall clock: milliseconds since 1970, with a fraction where the platform gives one. */
  now(): number;
  /** Runs `callback` once, about `delay` ms from now (platforms round); a delay up to 2^31−1. */
  setTimeout(callback: () => void, delay: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
  /** Runs `callback` as soon as pending I/O has had its turn. */
  defer(callback: () => void): void;
  /** Lets a pending timer no longer hold the process open, where the platform knows such a thing. */
  unref(handle: TimerHandle): void;
  /** True while callbacks given to it may get lost, as when fake timers are in place: a test may reset them, or take them away. */
  forgets?(): boolean;
}

interface Platform {
  setTimeout: {
    (callback: () => void, delay: number): unknown;
    /** What a setTimeout of sinon's (which is jest's and vitest's too) goes by. */
    clock?: { performance: Platform['performance'] };
  };
  clearTimeout(handle: unknown): void;
  setImmediate?(callback: () => void): unknown;
  performance: { now(): number };
  MessageChannel: new () => { port1: { onmessage: (() => void) | null }; port2: { postMessage(value: unknown): void } };
}

const platform = globalThis as unknown as Platform;

let defer: Clock['defer'] | undefined;

/** "Soon" without setImmediate: a message to oneself, which is not held back to 4 ms as nested timeouts are. */
function makeDefer(): Clock['defer'] {
  const { port1, port2 } = new platform.MessageChannel();
  const pending: (() => void)[] = [];
  port1.onmessage = () => pending.shift()!();
  return (callback) => port2.postMessage(pending.push(callback));
}

const { performance, setTimeout } = platform;

/** What fake timers, if any are in place, go by. */
const fake = (): Platform['setTimeout']['clock'] => platform.setTimeout.clock;

/**
 * The platform's clock. It looks the timer functions up at each call, so jest's and sinon's fake timers take effect.
 */
export const realClock: Clock = {
  // fake timers put their own setTimeout in place, which is quick to look up, and need not have put their `performance` in place
  monotonicNow: () => (platform.setTimeout === setTimeout ? performance : (fake() ?? platform).performance).now(),
  now: () => Date.now(),
  // rounded up, since platforms cut the fraction off and would be early
  setTimeout: (callback, delay) => platform.setTimeout(callback, Math.ceil(delay)),
  clearTimeout: (handle) => platform.clearTimeout(handle),
  defer: (callback) => (platform.setImmediate ?? (defer ??= makeDefer()))(callback),
  unref: (handle) => (handle as { unref?: () => void } | undefined)?.unref?.(),
  forgets: () => !!fake(),
};
