import { UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { EVENT_OPEN, LogEvent } from '../log-event.js';
import { EMetaBlob } from './e-meta-blob.js';

/** An inode as of a snapshot: vinodeno_t. */
export interface VInode {
  readonly ino: number;
  readonly snapid: bigint;
}

/**
 * EOpen: inodes that clients hold open, so that they are in the cache again after a replay.
 *
 * @see src/mds/events/EOpen.h (16.2.15)
 */
export class EOpen extends LogEvent {
  readonly type = EVENT_OPEN;
  readonly typeName = 'EOpen';
  override metablob = new EMetaBlob();
  inos: number[] = [];
  snapInos: VInode[] = [];

  addIno(ino: number): void {
    this.inos.push(ino);
  }

  addSnapIno(ino: number, snapid: bigint): void {
    this.snapInos.push({ ino, snapid });
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(4, 3);
    this.stamp.encode(e);
    this.metablob.encode(e, features);
    e.list(this.inos, (to, ino) => to.u64(ino));
    e.list(this.snapInos, (to, vino) => to.u64(vino.ino).u64big(vino.snapid));
    e.finish(mark);
  }

  static decode(d: Decoder): EOpen {
    const frame = d.start(4, 'EOpen');
    const event = new EOpen();
    event.stamp = UTime.decode(d);
    event.metablob = EMetaBlob.decode(d);
    event.inos = d.list((item) => item.u64(), 8);
    if (frame.version >= 4) event.snapInos = d.list((item) => ({ ino: item.u64(), snapid: item.u64big() }), 16);
    d.finish(frame, 'EOpen');
    return event;
  }

  override toString(): string {
    return `EOpen ${this.metablob}, ${this.inos.length} open files`;
  }
}
