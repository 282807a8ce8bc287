import type { Completion } from '@cephts/common';

/** Where a Finisher has completions from beside its own queue, as from the rings of a RemoteFinisher. */
export interface CompletionSource {
  /** The next completion, its result in {@link result}; undefined when there is none. */
  take(): Completion | undefined;
  readonly result: number;
  /** The finisher is going to sleep: it has to be woken from now on. */
  sleep(): void;
  /** The finisher is closing: what {@link take} gives from now on is the rest. */
  close(): void;
}
