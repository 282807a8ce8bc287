/** The part of the platform's AbortSignal that this library uses, so that no platform's types are needed. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Listens to many signals for many entries, once a signal: a signal shared by a million entries has one listener, so that neither
 * adding nor removing one walks a list, and no platform warns of too many listeners.
 */
export class AbortHub {
  readonly #signals = new Map<AbortSignalLike, { entries: Set<() => void>; listener: () => void }>();

  /** Calls `onAbort` when the signal aborts, in order of addition. Returns a function that ends it. */
  add(signal: AbortSignalLike, onAbort: () => void): () => void {
    let known = this.#signals.get(signal);
    if (!known) {
      const entries = new Set<() => void>();
      const listener = (): void => {
        this.#signals.delete(signal);
        for (const entry of entries) entry();
      };
      known = { entries, listener };
      this.#signals.set(signal, known);
      signal.addEventListener('abort', listener);
    }
    const { entries, listener } = known;
    entries.add(onAbort);
    return () => {
      entries.delete(onAbort);
      if (entries.size > 0 || this.#signals.get(signal)?.entries !== entries) return;
      this.#signals.delete(signal);
      signal.removeEventListener('abort', listener);
    };
  }
}
