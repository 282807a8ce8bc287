import type { ConfigOption } from '@cephts/common';

/** Options of the journal that Ceph does not have. */
export const LOG_OPTIONS: readonly ConfigOption[] = [
  {
    name: 'mds_log_flush_delay',
    type: 'float',
    default: 0.005,
    desc: 'seconds until journal entries are written that nobody asked for; what comes meanwhile goes along. Ceph leaves them to the tick',
  },
];
