import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { FileLayout } from '@cephts/encoding';
import { objectName } from '../journal/file-objects.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { ObjectOperation } from '../store/object-store.js';

/** Objects in flight at a time. */
const WIDTH = 10;

/** Bytes of object `index` that lie below `size` of a file. */
function bytesBelow(layout: FileLayout, index: number, size: number): number {
  const { stripeUnit, stripeCount, objectSize } = layout;
  const set = Math.floor(index / stripeCount);
  const place = index % stripeCount;
  const rest = size - set * layout.period;
  if (rest <= 0) return 0;
  if (rest >= layout.period) return objectSize;
  const rows = Math.floor(rest / (stripeUnit * stripeCount));
  const last = rest - rows * stripeUnit * stripeCount - place * stripeUnit;
  return rows * stripeUnit + Math.max(0, Math.min(stripeUnit, last));
}

/** Number of objects a file of `size` bytes may have. */
export function numObjects(layout: FileLayout, size: number): number {
  const sets = Math.ceil(size / layout.period);
  return sets * layout.stripeCount;
}

/**
 * Cuts a file's objects: what lies from `to` to `from` is gone when `onFinish` follows. Objects that aren't there are no error.
 *
 * @see Filer::truncate in src/osdc/Filer.cc (16.2.15)
 */
export function truncateFile(mds: MDSRank, ino: number, layout: FileLayout, to: number, from: number, onFinish: Completion): void {
  const loc = { pool: layout.poolId, namespace: layout.poolNs };
  const end = numObjects(layout, from);
  let next = Math.floor(to / layout.period) * layout.stripeCount;
  let running = 1;
  let result = 0;
  const done = (r: number): void => {
    running--;
    if (r < 0 && r !== -2 && result === 0) result = r;
    while (next < end && running < WIDTH && result === 0) {
      const index = next++;
      const keep = bytesBelow(layout, index, to);
      if (keep >= layout.objectSize) continue;
      // an object that isn't there isn't made
      const op = keep === 0 ? new ObjectOperation().remove() : new ObjectOperation();
      if (keep > 0) {
        op.stat();
        op.truncate(keep);
      }
      running++;
      mds.objecter.operate(objectName(ino, index), loc, op, done);
    }
    if (running === 0) complete(onFinish, result);
  };
  mds.finisher.queue(() => done(0));
}
