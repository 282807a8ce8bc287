import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { Capability } from '../locks/capability.js';
import { capsIssued, chooseIdealLoner } from '../locks/inode-caps.js';
import { LOCK_EXCL, LOCK_LOCK, LOCK_MIX, LOCK_SYNC } from '../locks/lock-states.js';
import { LOCK_TYPE } from '../locks/simple-lock.js';
import type { SimpleLock } from '../locks/simple-lock.js';
import { MClientCaps } from '../messages/m-client-caps.js';
import { MDSGatherBuilder } from '../rank/mds-context.js';
import type { Session } from '../tables/session.js';
import type { CapReconnect } from '../types/cap-reconnect.js';
import {
  CEPH_CAP_ANY_EXCL,
  CEPH_CAP_ANY_FILE_WR,
  CEPH_CAP_ANY_WR,
  CEPH_CAP_GBUFFER,
  CEPH_CAP_GEXCL,
  CEPH_CAP_GWR,
} from '../types/caps.js';
import { CEPH_CAP_OP_EXPORT } from '../types/op-names.js';
import type { CInode } from './cinode.js';
import type { MDCache } from './md-cache.js';

const CAP_LOCKS = LOCK_TYPE.IFILE | LOCK_TYPE.IAUTH | LOCK_TYPE.ILINK | LOCK_TYPE.IXATTR;

/**
 * After a restart: caps that clients say they hold, of inodes that are in the cache and of others that have to be found first.
 *
 * @see MDCache::process_imported_caps in src/mds/MDCache.cc (16.2.15)
 */
export class ReconnectedCaps {
  readonly #cache: MDCache;
  /** Of inodes that weren't in the cache, by inode and client. */
  readonly #imports = new Map<number, Map<number, CapReconnect>>();
  /** Dirty caps, by inode and client: what the client will flush. */
  readonly #dirty = new Map<number, Map<number, number>>();
  /** Inodes that requests to be replayed will make. */
  readonly #replayAllocs = new Set<number>();
  readonly #waiters = new Map<number, Completion[]>();

  constructor(cache: MDCache) {
    this.#cache = cache;
  }

  /** The inode isn't in the cache: later. */
  add(ino: number, client: number, cap: CapReconnect): void {
    let caps = this.#imports.get(ino);
    if (!caps) this.#imports.set(ino, (caps = new Map()));
    caps.set(client, cap);
  }

  setDirty(client: number, ino: number, dirty: number): void {
    let clients = this.#dirty.get(ino);
    if (!clients) this.#dirty.set(ino, (clients = new Map()));
    clients.set(client, (clients.get(client) ?? 0) | dirty);
  }

  addReplayInoAlloc(ino: number): void {
    this.#replayAllocs.add(ino);
  }

  waitFor(ino: number, completion: Completion): void {
    const waiters = this.#waiters.get(ino);
    if (waiters) waiters.push(completion);
    else this.#waiters.set(ino, [completion]);
  }

  /** Finds the inodes, gives each its caps and its locks the states that go with them; `done` follows. */
  process(done: Completion): void {
    const gather = new MDSGatherBuilder(() => {
      this.#reconnect();
      this.#chooseLockStates();
      complete(done, 0);
    });
    for (const ino of this.#imports.keys()) {
      if (this.#replayAllocs.has(ino) || this.#cache.getInode(ino)) continue;
      const sub = gather.newSub();
      this.#cache.openIno(ino, () => complete(sub, 0));
    }
    gather.activate();
  }

  #reconnect(): void {
    const { sessionmap } = this.#cache.mds;
    for (const [ino, caps] of this.#imports) {
      const inode = this.#cache.getInode(ino);
      if (!inode) continue;
      for (const [client, cap] of caps) {
        const session = sessionmap.getSessionByClient(client);
        if (session) inode.reconnectCap(cap, session);
      }
      this.#imports.delete(ino);
    }
  }

  #chooseLockStates(): void {
    for (const inode of this.#cache.inodes()) {
      if (inode.clientCaps.size === 0 && !this.#dirty.has(inode.ino)) continue;
      let issued = capsIssued(inode, 0, -1).all;
      for (const dirty of this.#dirty.get(inode.ino)?.values() ?? []) issued |= dirty;
      if ((issued & (CEPH_CAP_ANY_EXCL | CEPH_CAP_ANY_WR)) !== 0) chooseIdealLoner(inode, this.#cache.isReadonly());
      chooseLockState(inode.filelock, issued);
      chooseLockState(inode.authlock, issued);
      chooseLockState(inode.xattrlock, issued);
      chooseLockState(inode.linklock, issued);
    }
  }

  /** Files that a client could write which isn't there any more: nobody knows how large they are. */
  filesToRecover(): CInode[] {
    const files: CInode[] = [];
    for (const inode of this.#cache.inodes()) {
      const { clientRanges } = inode.inode;
      if (clientRanges.size === 0) continue;
      let recover = false;
      for (const client of clientRanges.keys()) {
        const cap = inode.getClientCap(client);
        if (cap) cap.markClientwriteable();
        else recover = true;
      }
      if (recover) {
        inode.filelock.setState(LOCK_LOCK);
        files.push(inode);
      }
    }
    return files;
  }

  /** The cap of an inode that a replayed request has made, or that a client claimed. */
  tryReconnect(inode: CInode, session: Session): Capability | undefined {
    const client = session.getClient();
    const caps = this.#imports.get(inode.ino);
    const info = caps?.get(client);
    const waiters = this.#waiters.get(inode.ino);
    if (waiters) {
      this.#waiters.delete(inode.ino);
      this.#cache.mds.queueWaiters(waiters);
    }
    if (!caps || !info) return undefined;
    caps.delete(client);
    if (caps.size === 0) this.#imports.delete(inode.ino);
    const cap = inode.reconnectCap(info, session);
    if ((cap.issued & CEPH_CAP_ANY_FILE_WR) !== 0) cap.markClientwriteable();
    return cap;
  }

  /** Clients that hold caps of what doesn't exist are told so. */
  exportRemaining(): void {
    const { mds } = this.#cache;
    for (const [ino, caps] of this.#imports) {
      for (const client of caps.keys()) {
        const session = mds.sessionmap.getSessionByClient(client);
        // a cap that moves to no rank at all is given up
        if (session)
          mds.sendMessageClientCounted(new MClientCaps(CEPH_CAP_OP_EXPORT, ino, 0, 0, 0, 0, 0, 0, 0, mds.osdEpochBarrier), session);
      }
    }
    this.#imports.clear();
    this.#dirty.clear();
    this.#replayAllocs.clear();
    for (const waiters of this.#waiters.values()) mds.queueWaiters(waiters);
    this.#waiters.clear();
  }

  /** Clients get what they want, as far as the locks allow it now. */
  reissueAll(): void {
    const { locker } = this.#cache.mds;
    for (const inode of this.#cache.inodes()) {
      if (inode.clientCaps.size === 0) continue;
      if (inode.isHead() && !locker.eval(inode, CAP_LOCKS)) locker.issueCaps(inode);
    }
  }
}

/** The state that lets clients keep what they hold. @see CInode::choose_lock_state */
function chooseLockState(lock: SimpleLock, allIssued: number): void {
  const issued = (allIssued >> lock.capShift) & lock.capMask;
  if (lock.isXlocked() || lock.state === LOCK_MIX) return;
  if (issued & (CEPH_CAP_GEXCL | CEPH_CAP_GBUFFER)) lock.setState(LOCK_EXCL);
  else if (issued & CEPH_CAP_GWR) lock.setState(LOCK_MIX);
  else lock.setState(lock.isDirty() ? LOCK_LOCK : LOCK_SYNC);
}
