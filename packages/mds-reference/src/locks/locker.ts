import type { Message } from '@cephts/async-messenger';
import type { CInode } from '../cache/cinode.js';
import type { CDentry } from '../cache/cdentry.js';
import type { MDRequestImpl, MutationImpl } from '../cache/mutation.js';
import type { MDCache } from '../cache/mdcache.js';
import type { MDSRank } from '../rank/mds-rank.js';
import type { Capability } from './capability.js';
import type { LockOpVec } from './lock-op.js';
import type { ScatterLock } from './scatter-lock.js';
import type { SimpleLock } from './simple-lock.js';

/**
 * Takes and drops locks for mutations, moves locks through their states, and grants and revokes clients' caps accordingly.
 *
 * @see src/mds/Locker.cc (16.2.15)
 */
export declare class Locker {
  constructor(mds: MDSRank, mdcache: MDCache);
  /** MDS_LOCK, INODEFILECAPS, CLIENT_CAPS, CLIENT_LEASE, CLIENT_CAPRELEASE. */
  dispatch(m: Message): void;
  /** Nudges dirty scatterlocks and warns of clients that don't answer revocations; every tick. */
  tick(): void;
  /** Takes the locks, in order; false: something has to wait, and the request is retried then. */
  acquireLocks(mdr: MDRequestImpl, lov: LockOpVec): boolean;
  tryRdlockSnapLayout(inode: CInode, mdr: MDRequestImpl, n?: number, wantLayout?: boolean): boolean;
  dropLocks(mut: MutationImpl): void;
  dropNonRdlocks(mut: MutationImpl): void;
  dropRdlocksForEarlyReply(mut: MutationImpl): void;
  setXlocksDone(mut: MutationImpl, skipDentry?: boolean): void;
  /** For MDCache.predirtyJournalParents: a wrlock without waiting. */
  wrlockTry(lock: SimpleLock, mut: MutationImpl, client?: number): boolean;
  wrlockForce(lock: SimpleLock, mut: MutationImpl): void;
  rdlockTry(lock: SimpleLock, client: number): boolean;
  markUpdatedScatterlock(lock: ScatterLock): void;
  eval(inode: CInode, mask: number, capsImported?: boolean): boolean;
  tryEvalLock(lock: SimpleLock): void;
  issueNewCaps(inode: CInode, mode: number, mdr: MDRequestImpl): Capability | undefined;
  issueCaps(inode: CInode, onlyCap?: Capability): number;
  removeClientCap(inode: CInode, cap: Capability, kill?: boolean): void;
  revokeClientLeases(lock: SimpleLock): void;
  issueClientLease(dn: CDentry, mdr: MDRequestImpl, mask: number): void;
}
