import { AbortedError } from '@cephts/common';

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
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      call.then(late, () => undefined);
      reject(givenUp(what, signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([call, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
