import type { Message } from '@cephts/async-messenger';
import { CEPH_ENTITY_TYPE_MDS } from '@cephts/encoding';
import type { CDir } from '../cache/cdir.js';
import type { CInode } from '../cache/cinode.js';
import { MHeartbeat } from '../messages/m-heartbeat.js';
import { META_POP, MdsLoad } from '../messages/mds-load.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { DecayCounter } from './decay-counter.js';

const KINDS = 5;
/** Weights of the counters in a load. @see dirfrag_load_vec_t::meta_load */
const WEIGHTS = [1, 2, 1, 2, 4];

/** Popularity of one directory, or of the whole rank. */
class LoadVec {
  readonly counters: readonly DecayCounter[];

  constructor(halfLife: number, now: number) {
    this.counters = Array.from({ length: KINDS }, () => new DecayCounter(halfLife, now));
  }

  hit(type: number, now: number, by: number): void {
    this.counters[type]?.hit(now, by);
  }

  values(now: number): number[] {
    return this.counters.map((counter) => counter.get(now));
  }
}

/** One number for a load. */
function metaLoad(values: readonly number[]): number {
  return values.reduce((sum, value, i) => sum + value * (WEIGHTS[i] ?? 1), 0);
}

/**
 * Counts which directories are popular, and with that how busy the rank is. With a single rank there is nothing to balance: rank 0 begins
 * an epoch every `mds_bal_interval` and has all loads in hand at once.
 *
 * @see src/mds/MDBalancer.cc (16.2.15)
 */
export class MDBalancer {
  readonly #mds: MDSRank;
  readonly #halfLife: number;
  readonly #interval: number;
  readonly #total: LoadVec;
  readonly #dirs = new WeakMap<CDir, LoadVec>();
  #beatEpoch = 0;
  #lastHeartbeat = 0;
  #lastLoad = new MdsLoad();

  constructor(mds: MDSRank) {
    this.#mds = mds;
    const { conf, clock } = mds.cct;
    this.#halfLife = conf.number('mds_decay_halflife');
    this.#interval = conf.number('mds_bal_interval') * 1000;
    this.#total = new LoadVec(this.#halfLife, clock.monotonicNow());
  }

  /** HEARTBEAT only. */
  procMessage(m: Message): void {
    if (m instanceof MHeartbeat) this.handleHeartbeat(m);
    else this.#mds.dout(0, () => `balancer unknown message ${m.type}`);
  }

  handleHeartbeat(m: MHeartbeat): void {
    if (m.src.type !== CEPH_ENTITY_TYPE_MDS) {
      this.#mds.dout(0, () => `handle_heartbeat: from ${m.src}, which is no MDS, dropped`);
      return;
    }
    this.#mds.dout(5, () => `handle_heartbeat: mds.${m.src.num} is not in the map, its load of epoch ${m.beat} is ignored`);
  }

  tick(): void {
    if (this.#mds.whoami !== 0 || this.#interval === 0) return;
    const now = this.#mds.cct.clock.monotonicNow();
    if (now - this.#lastHeartbeat < this.#interval) return;
    this.#lastHeartbeat = now;
    this.#beatEpoch++;
    this.#lastLoad = this.getLoad();
  }

  /** Epochs begun. */
  get beatEpoch(): number {
    return this.#beatEpoch;
  }

  /** Load of the last epoch. */
  get lastLoad(): MdsLoad {
    return this.#lastLoad;
  }

  /** The rank's load now. */
  getLoad(): MdsLoad {
    const now = this.#mds.cct.clock.monotonicNow();
    const load = new MdsLoad();
    load.auth = this.#total.values(now);
    load.all = load.auth.slice();
    return load;
  }

  hitInode(inode: CInode, type: number): void {
    const dir = inode.getParentDir();
    if (dir) this.hitDir(dir, type);
  }

  hitDir(dir: CDir, type: number, amount = 1): void {
    const now = this.#mds.cct.clock.monotonicNow();
    let vec = this.#dirs.get(dir);
    if (!vec) this.#dirs.set(dir, (vec = new LoadVec(this.#halfLife, now)));
    vec.hit(type, now, amount);
    this.#total.hit(type, now, amount);
  }

  hitInodeRead(inode: CInode): void {
    this.hitInode(inode, META_POP.IRD);
  }

  hitInodeWrite(inode: CInode): void {
    this.hitInode(inode, META_POP.IWR);
  }

  hitDirWrite(dir: CDir): void {
    this.hitDir(dir, META_POP.IWR);
  }

  hitDirReaddir(dir: CDir): void {
    this.hitDir(dir, META_POP.READDIR);
  }

  /** How popular a directory is, as one number. */
  popularity(dir: CDir): number {
    const vec = this.#dirs.get(dir);
    return vec ? metaLoad(vec.values(this.#mds.cct.clock.monotonicNow())) : 0;
  }
}
