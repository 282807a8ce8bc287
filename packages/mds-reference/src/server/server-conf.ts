import type { MdConfig } from '@cephts/common';

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
