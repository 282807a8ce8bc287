import { ERRNO } from '@cephts/common';
import { ObjectOperation } from '../store/object-store.js';
import type { ObjectLocator, ObjectStore } from '../store/object-store.js';
import { objectName } from './file-objects.js';

/**
 * Finds where a file ends that lies in objects of `period` bytes: in the first object, from `from` on, that is not full. Two objects are
 * asked for at a time. -EINVAL where less is there than `from` says.
 *
 * @see Filer::probe in src/osdc/Filer.cc (16.2.15)
 */
export function probeEnd(
  objecter: ObjectStore,
  loc: ObjectLocator,
  ino: number,
  period: number,
  from: number,
  done: (r: number, end: number) => void,
): void {
  const first = Math.floor(from / period);
  const sizes: [number, number] = [0, 0];
  let pending = 2;
  let failed = 0;
  const step = (index: number, which: 0 | 1): void => {
    const op = new ObjectOperation();
    const stat = op.stat();
    objecter.operate(objectName(ino, index), loc, op, (r) => {
      if (r < 0 && r !== -ERRNO.ENOENT) failed = r;
      sizes[which] = stat.value?.size ?? 0;
      if (--pending === 0) both();
    });
  };
  const both = (): void => {
    if (failed < 0) {
      done(failed, 0);
      return;
    }
    if (sizes[0] >= period && sizes[1] >= period) {
      probeEnd(objecter, loc, ino, period, (first + 2) * period, done);
      return;
    }
    const end = sizes[0] < period ? first * period + sizes[0] : (first + 1) * period + sizes[1];
    // at the very beginning of an object it is no loss that the object is not there
    if (end < from) done(-ERRNO.EINVAL, end);
    else done(0, end);
  };
  step(first, 0);
  step(first + 1, 1);
}
