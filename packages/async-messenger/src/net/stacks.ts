import type { CephContext } from '@cephts/common';
import type { NetworkStack } from './network-stack.js';
import type { Turns } from './posix-socket.js';
import { PosixStack } from './posix-stack.js';
import { WorkerStack } from './worker-stack.js';

/** The threads of a context are shared by its messengers. */
const shared = new WeakMap<CephContext, WorkerStack>();

/** The stack a messenger asked for. */
export function stackFor(cct: CephContext, wanted: 'posix' | 'workers' | NetworkStack | undefined, turns: Turns): NetworkStack {
  if (typeof wanted === 'object') return wanted;
  const backlog = cct.conf.number('ms_tcp_listen_backlog');
  const threads = cct.conf.number('ms_async_op_threads');
  const inline = wanted === 'posix' || (wanted === undefined && (threads === 0 || !WorkerStack.isAvailable));
  if (inline) return new PosixStack({ backlog, turns });
  let stack = shared.get(cct);
  if (!stack) {
    stack = new WorkerStack(cct, { threads: Math.max(1, threads), backlog, onEnd: () => shared.delete(cct) });
    shared.set(cct, stack);
  }
  return stack;
}
