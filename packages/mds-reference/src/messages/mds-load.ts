import type { Decoder, Encoder } from '@cephts/encoding';

/** Counters of a fragment's popularity, in this order. */
export const META_POP = { IRD: 0, IWR: 1, READDIR: 2, FETCH: 3, STORE: 4 } as const;
const DIRFRAG_COUNTERS = 5;

function encodeDecayCounter(e: Encoder, value: number): void {
  const mark = e.start(5, 4);
  e.f64(value);
  e.finish(mark);
}

function decodeDecayCounter(d: Decoder): number {
  const frame = d.start(5, 'DecayCounter');
  if (frame.version < 5) throw d.error(`version ${frame.version} is older than any supported release`);
  const value = d.f64();
  d.finish(frame, 'DecayCounter');
  return value;
}

function encodeCounters(e: Encoder, counters: readonly number[]): void {
  const mark = e.start(2, 2);
  for (const counter of counters) encodeDecayCounter(e, counter);
  e.finish(mark);
}

function decodeCounters(d: Decoder): number[] {
  const frame = d.start(2, 'dirfrag_load_vec_t');
  const counters: number[] = [];
  for (let i = 0; i < DIRFRAG_COUNTERS; i++) counters.push(decodeDecayCounter(d));
  d.finish(frame, 'dirfrag_load_vec_t');
  return counters;
}

/**
 * mds_load_t: how busy a rank is, as ranks tell each other.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class MdsLoad {
  /** Of what it is the authority for, and of all it has; by {@link META_POP}. */
  auth: number[] = [0, 0, 0, 0, 0];
  all: number[] = [0, 0, 0, 0, 0];
  reqRate = 0;
  cacheHitRate = 0;
  queueLen = 0;
  cpuLoadAvg = 0;

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    encodeCounters(e, this.auth);
    encodeCounters(e, this.all);
    e.f64(this.reqRate).f64(this.cacheHitRate).f64(this.queueLen).f64(this.cpuLoadAvg);
    e.finish(mark);
  }

  static decode(d: Decoder): MdsLoad {
    const frame = d.start(2, 'mds_load_t');
    const load = new MdsLoad();
    load.auth = decodeCounters(d);
    load.all = decodeCounters(d);
    load.reqRate = d.f64();
    load.cacheHitRate = d.f64();
    load.queueLen = d.f64();
    load.cpuLoadAvg = d.f64();
    d.finish(frame, 'mds_load_t');
    return load;
  }
}
