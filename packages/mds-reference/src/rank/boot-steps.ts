import { ERRNO } from '@cephts/common';
import { MDS_STATE_ACTIVE, MDS_STATE_RECONNECT } from '@cephts/rados';
import { C_IO_Wrapper, MDSGatherBuilder, MDSInternalContext } from './mds-context.js';
import type { MDSRank } from './mds-rank.js';

/** Steps of bootStart, in order. */
export const BOOT_STEPS = ['initial', 'open_root', 'prepare_log', 'replay_done'] as const;
export type BootStep = (typeof BOOT_STEPS)[number];

class C_MDS_BootStart extends MDSInternalContext {
  readonly #boot: BootSteps;
  readonly #next: BootStep;

  constructor(mds: MDSRank, boot: BootSteps, next: BootStep) {
    super(mds);
    this.#boot = boot;
    this.#next = next;
  }

  override finish(r: number): void {
    this.#boot.bootStart(this.#next, r);
  }
}

/**
 * How a rank comes to life: `bootCreate` on an empty store, `bootStart` in steps on one that was used.
 *
 * @see MDSRank::boot_create, boot_start in src/mds/MDSRank.cc (16.2.15)
 */
export class BootSteps {
  readonly #mds: MDSRank;
  /** Does the replay under way follow the journal of an MDS that lives? It may do so for a moment after that has ended. */
  #standbyReplaying = false;

  constructor(mds: MDSRank) {
    this.#mds = mds;
  }

  /**
   * This MDS shares a file system with no other: given one of several ranks it leaves, with the rank untouched, for a ceph-mds to take. It must not
   * come back by itself: the monitors prefer the newest standby, so it would get the rank again and again.
   */
  refusesCompany(): boolean {
    const mds = this.#mds;
    const { mdsmap, whoami } = mds;
    if (mdsmap.in.size <= 1 && whoami === mdsmap.root) return false;
    mds.clog(
      'error',
      `rank ${whoami} of a file system with ${mdsmap.in.size} ranks is not for this MDS, which serves alone; set max_mds to 1, or let a ceph-mds take it`,
    );
    mds.suicide();
    return true;
  }

  /** Writes a new rank's objects; `creatingDone` follows when all are durable. */
  bootCreate(): void {
    const mds = this.#mds;
    const { mdlog, mdcache, inotable, sessionmap, purgeQueue, snapserver, mdsmap } = mds;
    mds.dout(3, 'bootCreate');
    const fin = new MDSGatherBuilder((r) => (r < 0 ? mds.damaged(`creating the rank failed with ${r}`) : this.#creatingDone()));

    mdcache.initLayouts();
    inotable.setRank(mds.whoami);
    sessionmap.setRank(mds.whoami);

    mds.dout(10, 'bootCreate: a fresh journal');
    mdlog.create(fin.newSub());
    // a segment, but no subtree map yet
    mdlog.prepareNewSegment();

    if (mds.whoami === mdsmap.root) {
      mds.dout(3, 'bootCreate: a fresh hierarchy');
      mdcache.hierarchy.createEmptyHierarchy(fin);
    }
    mds.dout(3, 'bootCreate: mydir');
    mdcache.hierarchy.createMydirHierarchy(fin);
    mdcache.getGlobalSnaprealm();

    mds.dout(10, 'bootCreate: inotable, sessionmap, purge queue');
    inotable.reset();
    inotable.save(fin.newSub());
    sessionmap.save(fin.newSub());
    purgeQueue.create(new C_IO_Wrapper(mds, fin.newSub()));

    if (mdsmap.tableserver === mds.whoami) {
      mds.dout(10, 'bootCreate: snaptable');
      snapserver.setRank(mds.whoami);
      snapserver.reset();
      snapserver.save(fin.newSub());
    }

    mdlog.journalSegmentSubtreeMap(fin.newSub());
    mdlog.flush();
    fin.activate();
  }

  #creatingDone(): void {
    const mds = this.#mds;
    mds.dout(1, 'creatingDone');
    mds.requestState(MDS_STATE_ACTIVE);
    mds.snapclient.sync();
  }

  /** Replays once the map of OSDs shuts out who held the rank before: from then on the journal is what it is. */
  replayStart(): void {
    const mds = this.#mds;
    mds.dout(1, 'replayStart');
    this.#standbyReplaying = mds.isStandbyReplay();
    this.#whenFenced(() => this.bootStart());
  }

  #whenFenced(step: () => void): void {
    const { osds, mdsmap } = this.#mds;
    if (osds) osds.whenMap(mdsmap.lastFailureOsdEpoch, step);
    else step();
  }

  /** One more pass over the journal, which has grown meanwhile; the last one when the rank is ours. */
  #standbyReplayRestart(): void {
    const mds = this.#mds;
    if (mds.isDaemonStopping()) return;
    if (this.#standbyReplaying) {
      mds.dout(5, 'standbyReplayRestart');
      this.#rereadAndReplay();
      return;
    }
    mds.dout(1, 'standbyReplayRestart: the last pass, to take over');
    this.#whenFenced(() => {
      this.#rereadAndReplay();
      mds.purgeQueue.open();
      mds.mdcache.openFileTable.load();
    });
  }

  #rereadAndReplay(): void {
    const mds = this.#mds;
    const { journaler } = mds.mdlog;
    const readPos = journaler.readPos;
    const done = new C_IO_Wrapper(mds, (r: number) => {
      if (readPos < journaler.trimmedPos) {
        mds.respawn('the journal was trimmed before it was read here');
        return;
      }
      mds.mdlog.standbyTrimSegments();
      this.bootStart('prepare_log', r);
    });
    journaler.rereadHeadAndProbe(done);
  }

  /** Runs a step; each begins the next when it has what it needs. `r` is the result of the one before. */
  bootStart(step: BootStep = 'initial', r = 0): void {
    if (r < 0 && !this.#goOnAfter(r)) return;
    this.#mds.dout(2, `booting: ${step}`);
    switch (step) {
      case 'initial':
        this.#initial();
        break;
      case 'open_root':
        this.#openRoot();
        break;
      case 'prepare_log':
        this.#prepareLog();
        break;
      case 'replay_done':
        this.#validateSessions();
        break;
    }
  }

  #goOnAfter(r: number): boolean {
    const mds = this.#mds;
    if (mds.isStandbyReplay() && r === -ERRNO.EAGAIN) {
      mds.respawn('fell behind the journal');
      return false;
    }
    if (r === -ERRNO.EROFS) {
      mds.dout(0, 'boot: the store is read-only, going on read-only');
      return true;
    }
    if (r === -ERRNO.EINVAL || r === -ERRNO.ENOENT) mds.damaged(`loading the rank failed with ${r}`);
    else {
      mds.dout(-1, `boot failed with ${r}`);
      mds.suicide();
    }
    return false;
  }

  #next(step: BootStep): MDSGatherBuilder {
    return new MDSGatherBuilder(new C_MDS_BootStart(this.#mds, this, step));
  }

  #initial(): void {
    const mds = this.#mds;
    const { mdlog, mdcache, inotable, sessionmap, purgeQueue, snapserver, mdsmap } = mds;
    mdcache.initLayouts();
    const gather = this.#next('open_root');
    inotable.setRank(mds.whoami);
    inotable.load(gather.newSub());
    sessionmap.setRank(mds.whoami);
    sessionmap.load(gather.newSub());
    mdlog.open(gather.newSub());
    if (mds.isStarting()) {
      purgeQueue.open(new C_IO_Wrapper(mds, gather.newSub()));
    } else if (!this.#standbyReplaying) {
      // both come in while the journal is replayed
      purgeQueue.open();
      mdcache.openFileTable.load();
    }
    if (mdsmap.tableserver === mds.whoami) {
      snapserver.setRank(mds.whoami);
      snapserver.load(gather.newSub());
    }
    gather.activate();
  }

  #openRoot(): void {
    const mds = this.#mds;
    const { mdcache } = mds;
    const gather = this.#next('prepare_log');
    // starting: the first log segment needs the dirfrag for its subtree map
    if (mds.isStarting()) mdcache.hierarchy.openMydirFrag(gather.newSub());
    else mdcache.hierarchy.openMydirInode(gather.newSub());
    mdcache.getGlobalSnaprealm();
    if (mds.whoami === mds.mdsmap.root) mdcache.hierarchy.openRootInode(gather.newSub());
    else if (mds.isAnyReplay()) mdcache.hierarchy.createRootInode();
    gather.activate();
  }

  #prepareLog(): void {
    const mds = this.#mds;
    const { mdlog, purgeQueue } = mds;
    if (!mds.isAnyReplay()) {
      mdlog.append();
      this.#startingDone();
      return;
    }
    const gather = this.#next('replay_done');
    if (!this.#standbyReplaying) purgeQueue.waitForRecovery(new C_IO_Wrapper(mds, gather.newSub()));
    mdlog.replay(gather.newSub());
    gather.activate();
  }

  #startingDone(): void {
    const mds = this.#mds;
    mds.dout(3, 'startingDone');
    mds.requestState(MDS_STATE_ACTIVE);
    mds.mdlog.startNewSegment();
    mds.snapclient.sync();
  }

  /** What sessions were promised must not be free in the inotable: then one of the two is wrong. */
  #validateSessions(): void {
    const mds = this.#mds;
    for (const session of mds.sessionmap.getSessions()) {
      if (!mds.inotable.intersectsFree(session.info.preallocInos)) continue;
      mds.clog('error', `client ${session.info.inst.name.num} holds inode numbers that the inotable takes for free`);
      mds.damaged('sessions and inotable disagree');
      return;
    }
    this.#replayDone();
  }

  #replayDone(): void {
    const mds = this.#mds;
    const { mdlog, cct } = mds;
    if (mds.isStandbyReplay()) {
      mds.dout(10, 'the journal is replayed as far as it goes');
      mds.timer.addEventAfter(cct.conf.number('mds_replay_interval') * 1000, () => this.#standbyReplayRestart());
      return;
    }
    if (this.#standbyReplaying) {
      this.#standbyReplaying = false;
      this.#standbyReplayRestart();
      return;
    }
    mds.dout(1, 'the journal is replayed');
    if (this.refusesCompany()) return;
    const unresolved = mds.mdcache.getUnresolved();
    if (unresolved !== undefined) {
      mds.damaged(`the journal leaves open what became of it, and no other rank is there to tell: ${unresolved}`);
      return;
    }
    mdlog.journaler.setWriteable();
    mdlog.journaler.trimTail();
    this.#repairTables();
    mds.dout(2, 'I am alone: on to reconnect');
    mds.requestState(MDS_STATE_RECONNECT);
    mds.snapclient.sync();
  }

  /** What whoever repairs a rank has asked for. */
  #repairTables(): void {
    const { cct, inotable, sessionmap } = this.#mds;
    if (cct.conf.bool('mds_wipe_sessions')) {
      this.#mds.dout(1, 'forgetting all client sessions');
      sessionmap.wipe();
      sessionmap.save();
    }
    if (cct.conf.bool('mds_wipe_ino_prealloc')) {
      this.#mds.dout(1, 'forgetting the inode numbers put aside for sessions');
      sessionmap.wipeInoPrealloc();
      sessionmap.save();
    }
    const skip = cct.conf.number('mds_skip_ino');
    if (skip > 0) {
      this.#mds.dout(1, `passing over ${skip} inode numbers`);
      inotable.skipInos(skip);
      inotable.save();
    }
  }
}
