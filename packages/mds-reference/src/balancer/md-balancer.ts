import type { Message } from '@cephts/async-messenger';
import type { CDir } from '../cache/cdir.js';
import type { CInode } from '../cache/cinode.js';
import type { MDSRank } from '../rank/mds-rank.js';

/** @see src/mds/MDBalancer.cc (16.2.15) */
export declare class MDBalancer {
  constructor(mds: MDSRank);
  /** HEARTBEAT only. */
  procMessage(m: Message): void;
  tick(): void;
  hitInode(inode: CInode, type: number): void;
  hitDir(dir: CDir, type: number, amount?: number): void;
}
