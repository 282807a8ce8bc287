import { errnoError } from './errors.js';

/**
 * A completion: something waits, and is told `r` once: 0 or positive for success, a negative errno for failure.
 *
 * @see src/include/Context.h (16.2.15)
 */
export abstract class Context {
  /** What to do when done. */
  abstract finish(r: number): void;

  /** Completes the context; called once by whoever holds it. */
  complete(r: number): void {
    return this.finish(r);
  }
}

/** A plain function with the meaning of {@link Context.finish}. */
export type CompletionFn = (r: number) => void;

/** Wherever a completion is taken, a Context or a plain function will do. */
export type Completion = Context | CompletionFn;

/** A Context around a function. */
export class LambdaContext extends Context {
  readonly #fn: CompletionFn;
  constructor(fn: CompletionFn) {
    super();
    this.#fn = fn;
  }
  override finish(r: number): void {
    return this.#fn(r);
  }
}

/** The Context for a completion: itself, or a {@link LambdaContext} around it. */
export function toContext(completion: Completion): Context {
  return typeof completion === 'function' ? new LambdaContext(completion) : completion;
}

/** Completes either form. What it returns is a promise where the completion takes its time, else of no interest. */
export function complete(completion: Completion, r: number): unknown {
  return typeof completion === 'function' ? completion(r) : completion.complete(r);
}

/** Is it a promise, of whatever make? */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Completes either form and hands what it throws, or rejects with, to `report`. For completions of all kinds: V8 would make code for a function that is called again
 * and again, as {@link complete} does it, and throw it away when that function dies. `call` has it make none for any.
 *
 * @returns a promise of its end, if it returned one; it does not reject
 */
export function completeReporting(
  completion: Completion,
  r: number,
  report: (error: unknown) => void,
): PromiseLike<unknown> | undefined {
  try {
    const result: unknown = typeof completion === 'function' ? completion.call(undefined, r) : completion.complete(r);
    if (isPromise(result)) return Promise.resolve(result).catch(report);
  } catch (error) {
    report(error);
  }
  return undefined;
}

/**
 * Completes every context of the list with `r`, in order, and empties the list first, so that what completes may add to it again.
 *
 * @see finish_contexts in src/include/Context.h (16.2.15)
 */
export function finishContexts(list: Completion[], r = 0): void {
  for (const completion of list.splice(0)) complete(completion, r);
}

/**
 * A completion that a person can await: `await done.wait()` gives r, `await done.waitOk()` throws for a negative one.
 *
 * @see C_SaferCond in src/common/Cond.h (16.2.15)
 */
export class C_SaferCond extends Context {
  #result: number | undefined;
  #resolve!: (r: number) => void;
  readonly #promise: Promise<number> = new Promise((resolve) => (this.#resolve = resolve));

  override finish(r: number): void {
    if (this.#result !== undefined) return;
    this.#result = r;
    this.#resolve(r);
  }

  /** Resolves to the result; never rejects. */
  wait(): Promise<number> {
    return this.#promise;
  }

  /**
   * Resolves to the result.
   * @throws CephError `ERR_CEPH_<errno name>` when the result is negative
   */
  async waitOk(what = 'operation'): Promise<number> {
    const r = await this.#promise;
    if (r < 0) throw errnoError(r, what);
    return r;
  }

  /** The result, or undefined while pending. */
  get result(): number | undefined {
    return this.#result;
  }
}

/**
 * Gathers several completions into one: the finisher is completed when {@link activate} was called and every sub is done, with the first
 * non-zero result of any sub.
 *
 * @see C_GatherBuilderBase in src/include/Context.h (16.2.15)
 */
export class GatherBuilder {
  #finisher: Completion | undefined;
  #created = 0;
  #outstanding = 0;
  #activated = false;
  #result = 0;

  constructor(finisher?: Completion) {
    this.#finisher = finisher;
  }

  setFinisher(finisher: Completion): void {
    this.#finisher = finisher;
  }

  /** A new sub to complete once; more completions of the same sub are ignored. */
  newSub(): Context {
    this.#created++;
    this.#outstanding++;
    let done = false;
    return new LambdaContext((r) => {
      if (done) return;
      done = true;
      if (r !== 0 && this.#result === 0) this.#result = r;
      this.#outstanding--;
      this.#maybeFinish();
    });
  }

  /** No more subs follow. With none outstanding the finisher is completed at once. */
  activate(): void {
    this.#activated = true;
    this.#maybeFinish();
  }

  hasSubs(): boolean {
    return this.#created > 0;
  }

  get numSubsCreated(): number {
    return this.#created;
  }

  get numSubsRemaining(): number {
    return this.#outstanding;
  }

  #maybeFinish(): void {
    if (!this.#activated || this.#outstanding > 0 || !this.#finisher) return;
    const finisher = this.#finisher;
    this.#finisher = undefined;
    complete(finisher, this.#result);
  }
}
