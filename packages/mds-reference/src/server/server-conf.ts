import type { ConfigOption, MdConfig } from '@cephts/common';

/** Options of the server that the daemon's table may not have. */
const OPTIONS: readonly ConfigOption[] = [
  { name: 'mds_client_prealloc_inos', type: 'uint', default: 1000, desc: 'inode numbers to hand to a session at a time' },
  { name: 'mds_early_reply', type: 'bool', default: true, desc: 'answer before the journal is durable' },
  { name: 'mds_reconnect_timeout', type: 'float', default: 45, desc: 'seconds to wait for clients after a restart' },
  { name: 'mds_deny_all_reconnect', type: 'bool', default: false, desc: 'let no client come back after a restart' },
  {
    name: 'mds_cap_revoke_eviction_timeout',
    type: 'float',
    default: 0,
    desc: 'seconds after which a client that keeps a revoked cap is evicted; 0: never',
  },
  {
    name: 'mds_max_completed_requests',
    type: 'uint',
    default: 100_000,
    desc: 'completed requests a session may leave unacknowledged',
  },
  { name: 'mds_bal_fragment_size_max', type: 'uint', default: 100_000, desc: 'entries of a fragment above which creates fail' },
  { name: 'mds_dir_max_entries', type: 'uint', default: 0, desc: 'entries of a directory above which creates fail; 0: no bound' },
  { name: 'mds_max_xattr_pairs_size', type: 'size', default: 65536, desc: 'bytes of all names and values of xattrs of an inode' },
  { name: 'mds_alternate_name_max', type: 'size', default: 8192, desc: 'bytes of a dentry’s alternate name' },
  {
    name: 'mds_client_writeable_range_max_inc_objs',
    type: 'uint',
    default: 1024,
    desc: 'objects past its size a client may write',
  },
  { name: 'mds_scatter_nudge_interval', type: 'float', default: 5, desc: 'seconds until lagging totals are gathered' },
  { name: 'mds_default_dir_hash', type: 'int', default: 2, desc: 'hash of names in a new directory' },
  {
    name: 'mds_defer_session_stale',
    type: 'bool',
    default: true,
    desc: 'leave silent sessions alone while nobody waits for their caps',
  },
  {
    name: 'mds_max_caps_per_client',
    type: 'uint',
    default: 1_048_576,
    desc: 'caps of a client above which it is asked to release some',
  },
  { name: 'mds_min_caps_per_client', type: 'uint', default: 100, desc: 'caps a client is always left' },
  { name: 'mds_recall_max_caps', type: 'size', default: 30_000, desc: 'caps to ask a client for at a time' },
];

/**
 * Options that are read on each request, kept as plain fields.
 */
export class ServerConf {
  readonly #conf: MdConfig;
  earlyReply!: boolean;
  preallocInos!: number;
  fragmentSizeMax!: number;
  dirMaxEntries!: number;
  maxXattrPairsSize!: number;
  alternateNameMax!: number;
  defaultDirHash!: number;
  capRevokeEvictionTimeout!: number;
  readonly #stop: () => void;

  constructor(conf: MdConfig) {
    this.#conf = conf;
    conf.define(OPTIONS);
    this.#read();
    this.#stop = conf.observe(() => this.#read());
  }

  close(): void {
    this.#stop();
  }

  #read(): void {
    const conf = this.#conf;
    this.earlyReply = conf.bool('mds_early_reply');
    this.preallocInos = conf.number('mds_client_prealloc_inos');
    this.fragmentSizeMax = conf.number('mds_bal_fragment_size_max');
    this.dirMaxEntries = conf.number('mds_dir_max_entries');
    this.maxXattrPairsSize = conf.number('mds_max_xattr_pairs_size');
    this.alternateNameMax = conf.number('mds_alternate_name_max');
    this.defaultDirHash = conf.number('mds_default_dir_hash');
    this.capRevokeEvictionTimeout = conf.number('mds_cap_revoke_eviction_timeout');
  }
}
