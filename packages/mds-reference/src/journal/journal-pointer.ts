import { Decoder, Encoder } from '@cephts/encoding';
import { complete, ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { ObjectOperation } from '../store/object-store.js';
import type { ObjectStore } from '../store/object-store.js';
import { MDS_INO_LOG_POINTER_OFFSET } from '../types/ceph-fs.js';
import { objectName } from './file-objects.js';

/**
 * JournalPointer: which of two journals of a rank is in use, and which one is half written while its format is being changed.
 *
 * @see src/mds/JournalPointer.{h,cc} (16.2.15)
 */
export class JournalPointer {
  /** Inode of the journal in use; 0: none. */
  front = 0;
  /** Inode of the one being written; 0: none. */
  back = 0;

  isNull(): boolean {
    return this.front === 0 && this.back === 0;
  }

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    e.u64(this.front).u64(this.back);
    e.finish(mark);
  }

  static decode(d: Decoder): JournalPointer {
    const frame = d.start(1, 'JournalPointer');
    const pointer = new JournalPointer();
    pointer.front = d.u64();
    pointer.back = d.u64();
    d.finish(frame, 'JournalPointer');
    return pointer;
  }

  static objectOf(rank: number): string {
    return objectName(MDS_INO_LOG_POINTER_OFFSET + rank, 0);
  }

  /** Reads a rank's pointer into this one; -ENOENT where there is none, -EINVAL where it makes no sense. */
  load(objecter: ObjectStore, pool: number, rank: number, onFinish: Completion): void {
    const op = new ObjectOperation();
    const data = op.read();
    objecter.operate(JournalPointer.objectOf(rank), { pool }, op, (r) => {
      if (r === 0) {
        try {
          const pointer = JournalPointer.decode(new Decoder(data.value as Uint8Array, 'JournalPointer'));
          this.front = pointer.front;
          this.back = pointer.back;
        } catch {
          r = -ERRNO.EINVAL;
        }
      }
      complete(onFinish, r);
    });
  }

  save(objecter: ObjectStore, pool: number, rank: number, onFinish: Completion): void {
    const e = new Encoder(32);
    this.encode(e);
    objecter.operate(JournalPointer.objectOf(rank), { pool }, new ObjectOperation().writeFull(e.toBytes()), onFinish);
  }
}
