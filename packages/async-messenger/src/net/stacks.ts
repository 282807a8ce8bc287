import type { CephContext } from '@cephts/common';
import type { NetworkStack } from './network-stack.js';
import { PosixStack } from './posix-stack.js';

/** The stack a messenger asked for. */
export function stackFor(
  cct: CephContext,
  wanted: 'posix' | 'workers' | NetworkStack | undefined,
  maxMessage: number,
): NetworkStack {
  if (typeof wanted === 'object') return wanted;
  return new PosixStack({ maxMessage, backlog: cct.conf.number('ms_tcp_listen_backlog') });
}
