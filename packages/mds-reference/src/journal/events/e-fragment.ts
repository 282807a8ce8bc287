import { DirFrag, UTime } from '@cephts/encoding';
import type { Decoder, Encoder, Frag } from '@cephts/encoding';
import { EVENT_FRAGMENT, LogEvent } from '../log-event.js';
import { EMetaBlob } from './e-meta-blob.js';

const EMPTY = new Uint8Array(0);

export const FRAGMENT_OP_PREPARE = 1;
export const FRAGMENT_OP_COMMIT = 2;
export const FRAGMENT_OP_ROLLBACK = 3;
/** What is left of the old fragments is deleted. */
export const FRAGMENT_OP_FINISH = 4;

const OP_NAMES = ['???', 'prepare', 'commit', 'rollback', 'finish'];

/**
 * EFragment: a folder is cut into other fragments.
 *
 * @see src/mds/events/EFragment.h (16.2.15)
 */
export class EFragment extends LogEvent {
  readonly type = EVENT_FRAGMENT;
  readonly typeName = 'EFragment';
  override metablob = new EMetaBlob();
  op: number;
  ino: number;
  basefrag: Frag;
  /** Split by so many bits; below 0: merged. */
  bits: number;
  origFrags: Frag[] = [];
  rollback: Uint8Array = EMPTY;

  constructor(op = 0, dirfrag = new DirFrag(), bits = 0) {
    super();
    this.op = op;
    this.ino = dirfrag.ino;
    this.basefrag = dirfrag.frag;
    this.bits = bits;
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(5, 4);
    this.stamp.encode(e);
    e.u8(this.op).u64(this.ino).u32(this.basefrag).s32(this.bits);
    this.metablob.encode(e, features);
    e.list(this.origFrags, (to, frag) => to.u32(frag));
    e.blob(this.rollback);
    e.finish(mark);
  }

  static decode(d: Decoder): EFragment {
    const frame = d.start(5, 'EFragment');
    const event = new EFragment();
    event.stamp = UTime.decode(d);
    if (frame.version >= 3) event.op = d.u8();
    event.ino = d.u64();
    event.basefrag = d.u32();
    event.bits = d.s32();
    event.metablob = EMetaBlob.decode(d);
    if (frame.version >= 5) {
      event.origFrags = d.list((item) => item.u32(), 4);
      event.rollback = d.blob().slice();
    }
    d.finish(frame, 'EFragment');
    return event;
  }

  override toString(): string {
    const dirfrag = new DirFrag(this.ino, this.basefrag);
    return `EFragment ${OP_NAMES[this.op] ?? this.op} ${dirfrag} by ${this.bits} ${this.metablob}`;
  }
}
