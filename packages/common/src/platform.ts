import { complete } from './context.js';
import type { Completion } from './context.js';

// What Node, Bun and Deno offer beside the language, asked for at run time: the same files load in a browser.

interface Host {
  process?: { getBuiltinModule?: (name: string) => unknown };
}

function builtin<T>(name: string): T | undefined {
  return (globalThis as Host).process?.getBuiltinModule?.(name) as T | undefined;
}

/** A channel of `node:diagnostics_channel`; see {@link diagnosticsChannel}. */
export interface DiagnosticsChannel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

/** The channel of that name; undefined where the platform has none. */
export function diagnosticsChannel(name: string): DiagnosticsChannel | undefined {
  return builtin<{ channel(name: string): DiagnosticsChannel }>('node:diagnostics_channel')?.channel(name);
}

/** Publishes on a channel of `node:diagnostics_channel`, where there is such a thing; for what happens seldom. */
export function publish(name: string, message: object): void {
  diagnosticsChannel(name)?.publish(message);
}

/** Runs a function in an asynchronous context captured earlier. */
export type AsyncContextRunner = <R>(fn: () => R) => R;

/** Captures the caller's AsyncLocalStorage context; undefined where the platform has none. */
export function captureAsyncContext(): AsyncContextRunner | undefined {
  const hooks = builtin<{ AsyncLocalStorage?: { snapshot?: () => AsyncContextRunner } }>('node:async_hooks');
  return hooks?.AsyncLocalStorage?.snapshot?.();
}

/** The completion, made to run in the caller's AsyncLocalStorage context where the platform has one. */
export function bindAsyncContext(completion: Completion): Completion {
  const run = captureAsyncContext();
  return run ? (r) => run(() => complete(completion, r)) : completion;
}
