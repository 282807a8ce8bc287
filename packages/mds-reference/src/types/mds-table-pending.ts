import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * mds_table_pending_t: a prepared change of a table that is not committed yet. An unchanging value.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class MdsTablePending {
  readonly reqid: number;
  readonly mds: number;
  readonly tid: number;

  constructor(reqid = 0, mds = 0, tid = 0) {
    this.reqid = reqid;
    this.mds = mds;
    this.tid = tid;
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.u64(this.reqid).s32(this.mds).u64(this.tid);
    e.finish(mark);
  }

  static decode(d: Decoder): MdsTablePending {
    const frame = d.start(2, 'mds_table_pending_t');
    const reqid = d.u64();
    const mds = d.s32();
    const tid = d.u64();
    d.finish(frame, 'mds_table_pending_t');
    return new MdsTablePending(reqid, mds, tid);
  }
}
