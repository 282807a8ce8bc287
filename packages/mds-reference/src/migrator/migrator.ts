import type { Message } from '@cephts/async-messenger';
import type { MDSRank } from '../rank/mds-rank.js';

/** @see src/mds/Migrator.cc (16.2.15) */
export declare class Migrator {
  constructor(mds: MDSRank);
  dispatch(m: Message): void;
}
