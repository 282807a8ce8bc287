import { CephError } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import type { EntityAddr, EntityAddrVec } from '@cephts/encoding';
import type { Listener, NetworkStack } from './net/network-stack.js';
import type { Wire, WireOwner } from './net/wire.js';

type Accept = (wire: Wire) => WireOwner | undefined;

const IN_USE = 'ERR_CEPH_EADDRINUSE';

function isInUse(error: unknown): boolean {
  return (error as CephError).code === IN_USE;
}

/** The first free port of `ms_bind_port_min` to `ms_bind_port_max`. */
async function bindAnyPort(cct: CephContext, stack: NetworkStack, addr: EntityAddr, accept: Accept): Promise<Listener> {
  const last = cct.conf.number('ms_bind_port_max');
  for (let port = cct.conf.number('ms_bind_port_min'); port <= last; port++) {
    try {
      return await stack.listen(addr.withPort(port), accept);
    } catch (error) {
      if (!isInUse(error)) throw error;
    }
  }
  throw new CephError(IN_USE, `no port of ${String(addr)} is free`, { errno: 98 });
}

async function bindOne(cct: CephContext, stack: NetworkStack, addr: EntityAddr, accept: Accept): Promise<Listener> {
  const retries = cct.conf.number('ms_bind_retry_count');
  const delay = cct.conf.number('ms_bind_retry_delay') * 1000;
  for (let attempt = 0; ; attempt++) {
    try {
      return addr.port === 0 ? await bindAnyPort(cct, stack, addr, accept) : await stack.listen(addr, accept);
    } catch (error) {
      if (!isInUse(error) || attempt >= retries) throw error;
      cct.dout('ms', 0, () => `${String(error)}, again in ${delay / 1000} s`);
      await new Promise<void>((resolve) => cct.clock.setTimeout(resolve, delay));
    }
  }
}

/** Listens at every msgr2 address of the vector; all or none. */
export async function bindAddrs(cct: CephContext, stack: NetworkStack, addrs: EntityAddrVec, accept: Accept): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const addr of addrs.addrs) {
      if (addr.isLegacy()) continue;
      listeners.push(await bindOne(cct, stack, addr, accept));
    }
  } catch (error) {
    await Promise.all(listeners.map((listener) => listener.close()));
    throw error;
  }
  return listeners;
}
