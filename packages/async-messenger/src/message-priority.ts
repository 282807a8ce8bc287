import { invalidArgument } from '@cephts/common';
import { MAX_PRIORITY, PRIORITY } from '@cephts/dispatch-queue';
import type { Message } from './message.js';

/** The largest priority that a message header has room for. */
const MAX_SENT = 0xffff;

/**
 * The priority that a message goes out with: the default one where it has none.
 *
 * @throws CephError `ERR_CEPH_INVALID_ARGUMENT` for one that no header can hold
 */
export function settlePriority(m: Message): void {
  const { priority } = m;
  // x & 0xffff is x for integers from 0 to 65535 only
  if ((priority & MAX_SENT) !== priority) {
    throw invalidArgument(
      `Expected \`priority\` of ${m.typeName} to be an integer from 0 to ${MAX_SENT}, got \`${String(priority)}\``,
    );
  }
  if (priority === 0) m.priority = PRIORITY.DEFAULT;
}

/** The priority that a message is served with, whatever its header says: those that the dispatch queue does not know are served as its highest. */
export function servedPriority({ priority }: Message): number {
  return Math.min(priority, MAX_PRIORITY);
}
