import type { ConfigOption } from '@cephts/common';

/** Ceph's options that the Objecter reads. */
export const OBJECTER_CONF: readonly ConfigOption[] = [
  { name: 'objecter_tick_interval', type: 'float', default: 5, desc: 'seconds between looks for operations that take long' },
  { name: 'objecter_timeout', type: 'float', default: 10, desc: 'seconds after which an operation takes long' },
  { name: 'objecter_inflight_op_bytes', type: 'size', default: 104857600, desc: 'bytes of operations under way at the most' },
  { name: 'objecter_inflight_ops', type: 'uint', default: 1024, desc: 'operations under way at the most' },
  { name: 'rados_osd_op_timeout', type: 'float', default: 0, desc: 'seconds after which an operation gives up; 0: never' },
  {
    name: 'rados_mon_op_timeout',
    type: 'float',
    default: 0,
    desc: 'seconds after which a request to a monitor gives up; 0: never',
  },
  { name: 'osd_client_watch_timeout', type: 'uint', default: 30, desc: 'seconds of silence after which an OSD drops a watch' },
  { name: 'client_notify_timeout', type: 'uint', default: 10, desc: 'seconds that a notification waits for acknowledgements' },
];
