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

/** The channel of that name; one that nobody hears where the platform has no channels. */
export function diagnosticsChannel(name: string): DiagnosticsChannel {
  const channels = builtin<{ channel(name: string): DiagnosticsChannel }>('node:diagnostics_channel');
  return channels?.channel(name) ?? { hasSubscribers: false, publish: () => undefined };
}

/** Runs a function in an asynchronous context captured earlier. */
export type AsyncContextRunner = <R>(fn: () => R) => R;

/** Captures the caller's AsyncLocalStorage context; undefined where the platform has none. */
export function captureAsyncContext(): AsyncContextRunner | undefined {
  const hooks = builtin<{ AsyncLocalStorage?: { snapshot?: () => AsyncContextRunner } }>('node:async_hooks');
  return hooks?.AsyncLocalStorage?.snapshot?.();
}
