import { AbortedError } from '@cephts/common';
import { signals } from '../signals.js';

/** For every call. */
export interface CallOptions {
  /** Gives the call up: it rejects with an AbortedError. Whether a change takes effect is then not known. */
  signal?: AbortSignal;
}

/** What a call rejects with that its signal gave up. */
export function givenUp(what: string, signal: AbortSignal): AbortedError {
  return new AbortedError(`${what} was given up`, { cause: signal.reason });
}

/** What comes of the call that `begin` makes, unless the signal aborts before; a result that comes too late goes to `late`. */
export async function abortable<T>(
  what: string,
  signal: AbortSignal | undefined,
  begin: () => Promise<T>,
  late: (value: T) => void = () => undefined,
): Promise<T> {
  if (!signal) return begin();
  if (signal.aborted) throw givenUp(what, signal);
  const call = begin();
  let unlisten: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    unlisten = signals.add(signal, () => {
      call.then(late, () => undefined);
      reject(givenUp(what, signal));
    });
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    unlisten?.();
  }
}

/** As {@link abortable}, of a call that goes by a number: given up, it is cancelled, and nobody waits for its answer any more. */
export async function cancellable<T>(
  what: string,
  signal: AbortSignal | undefined,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => number,
  cancel: (tid: number) => void,
): Promise<T> {
  let tid = 0;
  const begin = (): Promise<T> => new Promise((resolve, reject) => (tid = start(resolve, reject)));
  try {
    return await abortable(what, signal, begin);
  } finally {
    // of no effect where it has been answered
    cancel(tid);
  }
}
