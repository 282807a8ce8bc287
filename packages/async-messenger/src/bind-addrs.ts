import { CephError } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import type { EntityAddr, EntityAddrVec } from '@cephts/encoding';
import type { Listener, NetworkStack } from './net/network-stack.js';
import type { Wire, WireOwner } from './net/wire.js';

/** Who listens, until the signal says that nobody wants it any more. */
export interface Binder {
  cct: CephContext;
  stack: NetworkStack;
  accept: (wire: Wire) => WireOwner | undefined;
  signal: AbortSignal;
}

const IN_USE = 'ERR_CEPH_EADDRINUSE';

function isInUse(error: unknown): boolean {
  return (error as CephError).code === IN_USE;
}

/** What opens when the signal has come closes again. */
async function listen({ stack, accept, signal }: Binder, addr: EntityAddr): Promise<Listener> {
  signal.throwIfAborted();
  const listener = await stack.listen(addr, accept);
  if (signal.aborted) await listener.close();
  signal.throwIfAborted();
  return listener;
}

/** The first free port of `ms_bind_port_min` to `ms_bind_port_max`. */
async function bindAnyPort(binder: Binder, addr: EntityAddr): Promise<Listener> {
  const { conf } = binder.cct;
  const last = conf.number('ms_bind_port_max');
  for (let port = conf.number('ms_bind_port_min'); port <= last; port++) {
    try {
      return await listen(binder, addr.withPort(port));
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
  throw new CephError(IN_USE, `no port of ${String(addr)} is free`, { errno: 98 });
}

async function bindOne(binder: Binder, addr: EntityAddr): Promise<Listener> {
  const { cct } = binder;
  const retries = cct.conf.number('ms_bind_retry_count');
  const delay = cct.conf.number('ms_bind_retry_delay') * 1000;
  for (let attempt = 0; ; attempt++) {
    try {
      return addr.port === 0 ? await bindAnyPort(binder, addr) : await listen(binder, addr);
    } catch (error) {
      if (!isInUse(error) || attempt >= retries) throw error;
      cct.dout('ms', 0, () => `${String(error)}, again in ${delay / 1000} s`);
      await pause(binder, delay);
    }
  }
}

/** Waits so many ms, or until the signal comes. */
async function pause({ cct: { clock }, signal }: Binder, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/**
 * Listens at every msgr2 address of the vector; all or none.
 *
 * @throws CephError of the stack; the signal's reason once that has come
 */
export async function bindAddrs(binder: Binder, addrs: EntityAddrVec): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const addr of addrs.addrs) {
      if (addr.isLegacy()) continue;
      listeners.push(await bindOne(binder, addr));
    }
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
  return listeners;
}
