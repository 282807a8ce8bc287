import { describe, expect, it } from '@jest/globals';
import { CMPXATTR_OP, OSD_OP } from '../../src/messages/osd/osd-op-codes.js';
import { Striper } from '../../src/client/striper.js';
import type { StripedPool } from '../../src/client/striper.js';
import { ObjectOperation } from '../../src/objecter/object-operation.js';
import { CEPH_NOSNAP } from '../../src/osdmap/hobject.js';
import { outcome, settle, startPool } from './sim-pool.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const bytes = text('abc');
/** What a caller without types may hand in. */
const asBytes = (value: unknown): Uint8Array => value as Uint8Array;

const BAD_NUMBERS = [NaN, 0.5, -1, 2 ** 53, 2 ** 64];
const BAD_BYTES = ['text', new Uint16Array(2), new ArrayBuffer(3), new DataView(new ArrayBuffer(3)), [1, 2], 5, null].map(asBytes);
const EINVAL = expect.objectContaining({ code: 'ERR_CEPH_EINVAL', errno: 22 }) as unknown as Error;

describe('a number that cannot be', () => {
  it.each(BAD_NUMBERS)('%p is refused by every step that takes one', (n) => {
    const steps: ((op: ObjectOperation) => unknown)[] = [
      (op) => op.write(n, bytes),
      (op) => op.writeSame(n, 3, bytes),
      (op) => op.writeSame(0, n, bytes),
      (op) => op.truncate(n),
      (op) => op.zero(n, 1),
      (op) => op.zero(0, n),
      (op) => op.read(n, 1),
      (op) => op.read(0, n),
      (op) => op.sparseRead(n, 1),
      (op) => op.cmpExt(n, bytes),
      (op) => op.assertVersion(n),
      (op) => op.setAllocHint(n, 1),
      (op) => op.rollback(n),
      (op) => op.cmpXattr('x', CMPXATTR_OP.EQ, n),
      (op) => op.watch(1, 1, 0, n),
      (op) => op.notify(1, bytes, n),
    ];
    for (const step of steps) {
      const op = new ObjectOperation();
      expect(() => step(op)).toThrow(EINVAL);
      expect(op.ops).toHaveLength(0);
    }
  });

  it('is refused by every call that takes one, before anything is sent', async () => {
    const { cluster, objecter, io } = await startPool();
    for (const n of BAD_NUMBERS) {
      const calls = [
        io.read('a', { off: n }),
        io.read('a', { len: n }),
        io.read('a', { off: n, len: 0 }),
        io.write('a', bytes, n),
        io.truncate('a', n),
        io.zero('a', 0, n),
        io.snapshots.removeSelfManaged(n),
        io.watch('a', { timeout: n }),
      ];
      for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
      expect(() => io.withSnap(n)).toThrow(EINVAL);
      expect(() => io.withSnapContext(n, [])).toThrow(EINVAL);
      expect(() => io.withSnapContext(9, [n])).toThrow(EINVAL);
    }
    for (const mtime of [NaN, -1, 2 ** 32 * 1000])
      await expect(io.write('a', bytes, 0, { mtime })).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
    for (const timeoutMs of [NaN, -1, Infinity])
      await expect(io.notify('a', bytes, { timeoutMs })).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
    await expect(io.omapGetKeys('a', '', NaN)).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
    await settle(cluster);
    expect([cluster.received.length, objecter.inflight, objecter.lingers.size]).toEqual([0, 0, 0]);
  });

  it('is told by its name', async () => {
    const { io } = await startPool();
    await expect(io.write('a', bytes, NaN)).rejects.toThrow('write: expected whole numbers from 0 to 9007199254740991, got NaN, 3');
    expect(() => io.withSnap(-1)).toThrow('expected snapid to be a whole number from 0 to 9007199254740991, got -1 (number)');
  });

  it('is refused by a Striper before it looks at the object', async () => {
    const unused = (): never => {
      throw new Error('the pool was asked');
    };
    const pool: StripedPool = { snap: CEPH_NOSNAP, operate: unused, getXattrs: unused, stat: unused };
    const striper = new Striper(pool);
    for (const n of BAD_NUMBERS) {
      await expect(striper.truncate('a', n)).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
      await expect(striper.read('a', { off: n })).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
      await expect(striper.read('a', { len: n })).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
      await expect(striper.write('a', bytes, n)).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
    }
    for (const wrong of BAD_BYTES) {
      await expect(striper.write('a', wrong)).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
      await expect(striper.writeFull('a', wrong)).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
      await expect(striper.append('a', wrong)).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
    }
  });
});

describe('what is not bytes', () => {
  it('is refused wherever bytes are taken', () => {
    for (const wrong of BAD_BYTES) {
      const steps: ((op: ObjectOperation) => unknown)[] = [
        (op) => op.write(0, wrong),
        (op) => op.writeFull(wrong),
        (op) => op.append(wrong),
        (op) => op.writeSame(0, 3, wrong),
        (op) => op.cmpExt(0, wrong),
        (op) => op.setXattr('x', wrong),
        (op) => op.omapSet(new Map([['k', wrong]])),
        (op) => op.omapSetHeader(wrong),
        (op) => op.omapCmp(new Map([['k', { value: wrong, op: CMPXATTR_OP.EQ }]])),
        (op) => op.exec('cls', 'method', wrong),
        (op) => op.notify(1, wrong, 1),
        (op) => op.notifyAck(1, 1, wrong),
      ];
      for (const step of steps) expect(() => step(new ObjectOperation())).toThrow(EINVAL);
    }
    for (const wrong of ['text', new Uint16Array(2)].map(asBytes))
      expect(() => new ObjectOperation().cmpXattr('x', CMPXATTR_OP.EQ, wrong)).toThrow(EINVAL);
  });

  it('is refused as a notification too, and a Buffer is taken', async () => {
    const { cluster, objecter, io } = await startPool();
    await expect(io.notify('a', asBytes('ding'))).rejects.toMatchObject({ code: 'ERR_CEPH_EINVAL' });
    expect(objecter.lingers.size).toBe(0);
    const call = outcome(io.append('a', Buffer.from('x')));
    await settle(cluster);
    expect(call.what).toBe('done');
    expect(cluster.objects.get('a')).toEqual(['x']);
  });
});

describe('the length of a read', () => {
  it('0 reads nothing, and asks only whether the object is there', async () => {
    const { cluster, io } = await startPool();
    cluster.append('a', 'abc');
    const read = io.read('a', { off: 1, len: 0 });
    await settle(cluster);
    expect(await read).toEqual(new Uint8Array(0));
    const sparse = io.sparseRead('a', 1, 0);
    await settle(cluster);
    expect(await sparse).toEqual({ extents: [], data: new Uint8Array(0) });
    expect(cluster.received.map(({ ops }) => ops.map(({ code }) => code))).toEqual([[OSD_OP.STAT], [OSD_OP.STAT]]);
  });

  it('Infinity reads all there is', async () => {
    const { cluster, objecter, io } = await startPool();
    cluster.append('a', 'abc');
    const read = io.read('a', { len: Infinity });
    await settle(cluster);
    expect(Buffer.from(await read).toString()).toBe('abc');
    expect(objecter.inflight).toBe(0);
  });
});

describe('a name or key that is no string', () => {
  const REFUSED = expect.objectContaining({ code: 'ERR_CEPH_EINVAL', errno: 22 }) as unknown as Error;
  const wrongs = [5, undefined, null, {}, bytes, Symbol('a')].map((value) => value as unknown as string);

  it('is refused by every step that takes one', () => {
    for (const wrong of wrongs.filter((value) => value !== undefined)) {
      const steps: ((op: ObjectOperation) => unknown)[] = [
        (op) => op.setXattr(wrong, bytes),
        (op) => op.rmXattr(wrong),
        (op) => op.getXattr(wrong),
        (op) => op.cmpXattr(wrong, CMPXATTR_OP.EQ, 1),
        (op) => op.omapSet(new Map([[wrong, bytes]])),
        (op) => op.omapRmKeys([wrong]),
        (op) => op.omapRmRange(wrong, 'b'),
        (op) => op.omapRmRange('a', wrong),
        (op) => op.omapGetVals(wrong),
        (op) => op.omapGetVals('', wrong),
        (op) => op.omapGetKeys(wrong),
        (op) => op.omapGetValsByKeys([wrong]),
        (op) => op.omapCmp(new Map([[wrong, { value: bytes, op: CMPXATTR_OP.EQ }]])),
        (op) => op.exec(wrong, 'method'),
        (op) => op.exec('cls', wrong),
      ];
      for (const step of steps) expect(() => step(new ObjectOperation())).toThrow(REFUSED);
    }
  });

  it('is refused by a pool before anything is sent, and told what it is', async () => {
    const { cluster, objecter, io } = await startPool();
    for (const wrong of wrongs) {
      expect(() => io.withNamespace(wrong)).toThrow(REFUSED);
      expect(() => io.withLocator(wrong)).toThrow(REFUSED);
      const striper = new Striper(io);
      for (const call of [io.read(wrong), io.append(wrong, bytes), io.watch(wrong), io.notify(wrong, bytes), striper.read(wrong)])
        await expect(call).rejects.toThrow(REFUSED);
    }
    await expect(io.read(wrongs[0] as string)).rejects.toThrow(
      "expected an object's name to be a string, got [object Number] (number)",
    );
    await settle(cluster);
    expect([cluster.received.length, objecter.inflight, objecter.lingers.size]).toEqual([0, 0, 0]);
  });
});
