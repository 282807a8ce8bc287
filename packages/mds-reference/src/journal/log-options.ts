import type { ConfigOption } from '@cephts/common';

/** Options of the journal that Ceph does not have. */
export const LOG_OPTIONS: readonly ConfigOption[] = [
  {
    name: 'mds_log_eager_flush',
    type: 'bool',
    default: true,
    desc: 'write journal entries as soon as no write is in flight; Ceph waits for the next tick or for someone who asks',
  },
];
