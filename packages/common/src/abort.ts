/** The part of the platform's AbortSignal that this library uses, so that no platform's types are needed. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: { handleEvent(event: { target: unknown }): void }): void;
  removeEventListener(type: 'abort', listener: { handleEvent(event: { target: unknown }): void }): void;
}

/**
 * Listens to many signals for many entries, once a signal: a signal shared by a million entries has one listener, so that neither
 * adding nor removing one walks a list, and no platform warns of too many listeners.
 */
export class AbortHub {
  readonly #entries = new Map<unknown, Set<() => void>>();

  /** Calls `onAbort` when the signal aborts, in order of addition. Returns a function that ends it. */
  add(signal: AbortSignalLike, onAbort: () => void): () => void {
    let entries = this.#entries.get(signal);
    if (!entries) {
      this.#entries.set(signal, (entries = new Set()));
      signal.addEventListener('abort', this);
    }
    entries.add(onAbort);
    return () => {
      if (!entries.delete(onAbort) || entries.size) return;
      this.#entries.delete(signal);
      signal.removeEventListener('abort', this);
    };
  }

  /** The platform's call, when a signal aborts. */
  handleEvent({ target }: { target: unknown }): void {
    const entries = this.#entries.get(target);
    this.#entries.delete(target);
    entries?.forEach((onAbort) => onAbort());
  }
}
