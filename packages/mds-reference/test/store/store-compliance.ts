import { describe, it, expect, beforeEach, afterEach } from '@jest/globals';
import { ObjectOperation } from '../../src/store/object-store.js';
import type { ObjectStore } from '../../src/store/object-store.js';

const LOC = { pool: 2 };
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const plain = (value: Uint8Array | undefined): number[] | undefined => value && [...value];

/** What every object store must do; run by each of them. */
export function objectStoreCompliance(name: string, open: () => Promise<ObjectStore>): void {
  describe(`${name} as an object store`, () => {
    let store: ObjectStore;

    const run = (oid: string, op: ObjectOperation, loc = LOC): Promise<number> =>
      new Promise((resolve) => store.operate(oid, loc, op, resolve));
    const read = async (oid: string, off = 0, len = 0): Promise<number[] | number> => {
      const op = new ObjectOperation();
      const data = op.read(off, len);
      const r = await run(oid, op);
      return r < 0 ? r : [...(data.value as Uint8Array)];
    };

    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('answers -ENOENT to reading what is not there', async () => {
      const op = new ObjectOperation();
      const data = op.read();
      expect(await run('a', op)).toBe(-2);
      expect(data.r).toBe(-2);
      expect(data.value).toBeUndefined();
      const stat = new ObjectOperation();
      stat.stat();
      expect(await run('a', stat)).toBe(-2);
    });

    it('completes later than on the stack of the caller', async () => {
      let done = false;
      const completed = new Promise<void>((resolve) =>
        store.operate('a', LOC, new ObjectOperation().create(), () => {
          done = true;
          resolve();
        }),
      );
      expect(done).toBe(false);
      await completed;
      const read = new ObjectOperation();
      read.stat();
      let again = false;
      const second = new Promise<void>((resolve) =>
        store.operate('a', LOC, read, () => {
          again = true;
          resolve();
        }),
      );
      expect(again).toBe(false);
      await second;
    });

    it('writes, appends, and reads ranges', async () => {
      expect(await run('a', new ObjectOperation().write(2, bytes(1, 2, 3)))).toBe(0);
      expect(await run('a', new ObjectOperation().append(bytes(4)))).toBe(0);
      expect(await read('a')).toEqual([0, 0, 1, 2, 3, 4]);
      expect(await read('a', 3, 2)).toEqual([2, 3]);
      expect(await read('a', 4, 100)).toEqual([3, 4]);
      expect(await read('a', 9, 5)).toEqual([]);
    });

    it('writes over parts of what was written before', async () => {
      await run('a', new ObjectOperation().write(0, bytes(1, 1, 1, 1, 1, 1)));
      await run('a', new ObjectOperation().write(2, bytes(2, 2)));
      await run('a', new ObjectOperation().write(3, bytes(3, 3, 3)));
      expect(await read('a')).toEqual([1, 1, 2, 3, 3, 3]);
      await run('a', new ObjectOperation().writeFull(bytes(9)));
      expect(await read('a')).toEqual([9]);
    });

    it('keeps data that is larger than any piece it may be cut into', async () => {
      const big = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) & 0xff);
      await run('a', new ObjectOperation().writeFull(big));
      await run('a', new ObjectOperation().write(100_000, new Uint8Array(100_000).fill(1)));
      const op = new ObjectOperation();
      const data = op.read();
      await run('a', op);
      const expected = big.slice();
      expected.fill(1, 100_000, 200_000);
      expect(Buffer.compare(data.value as Uint8Array, expected)).toBe(0);
      expect(await read('a', 99_999, 3)).toEqual([expected[99_999], 1, 1]);
    });

    it('zeroes within the object, and cuts it where the range reaches its end', async () => {
      await run('a', new ObjectOperation().writeFull(bytes(1, 2, 3, 4, 5)));
      await run('a', new ObjectOperation().zero(1, 2));
      expect(await read('a')).toEqual([1, 0, 0, 4, 5]);
      await run('a', new ObjectOperation().zero(3, 100));
      expect(await read('a')).toEqual([1, 0, 0]);
      await run('a', new ObjectOperation().zero(50, 100));
      expect(await read('a')).toEqual([1, 0, 0]);
      expect(await run('none', new ObjectOperation().zero(0, 10))).toBe(0);
      expect(await read('none')).toBe(-2);
    });

    it('truncates in both directions, and what comes back reads as zeros', async () => {
      await run('a', new ObjectOperation().writeFull(bytes(1, 2, 3, 4)));
      await run('a', new ObjectOperation().truncate(2));
      await run('a', new ObjectOperation().truncate(4));
      expect(await read('a')).toEqual([1, 2, 0, 0]);
      expect(await run('none', new ObjectOperation().truncate(4))).toBe(0);
      expect(await read('none')).toBe(-2);
    });

    it('tells size and time', async () => {
      await run('a', new ObjectOperation().writeFull(bytes(1, 2, 3)));
      const op = new ObjectOperation();
      const stat = op.stat();
      expect(await run('a', op)).toBe(0);
      expect(stat.value?.size).toBe(3);
      expect(stat.value?.mtime).toBeGreaterThan(0);
    });

    it('refuses to create exclusively what is there', async () => {
      expect(await run('a', new ObjectOperation().create(true))).toBe(0);
      expect(await run('a', new ObjectOperation().create(true))).toBe(-17);
      expect(await run('a', new ObjectOperation().create())).toBe(0);
      expect(await read('a')).toEqual([]);
    });

    it('removes an object with all that belongs to it', async () => {
      const make = new ObjectOperation().writeFull(bytes(1)).setXattr('x', bytes(2)).omapSetHeader(bytes(3));
      await run('a', make.omapSet(new Map([['k', bytes(4)]])));
      expect(await run('a', new ObjectOperation().remove())).toBe(0);
      expect(await run('a', new ObjectOperation().remove())).toBe(-2);
      await run('a', new ObjectOperation().create());
      const op = new ObjectOperation();
      const xattrs = op.getXattrs();
      const header = op.omapGetHeader();
      const page = op.omapGetVals();
      expect(await run('a', op)).toBe(0);
      expect(xattrs.value?.size).toBe(0);
      expect(plain(header.value)).toEqual([]);
      expect(page.value).toEqual({ vals: new Map(), more: false });
    });

    it('keeps xattrs', async () => {
      await run('a', new ObjectOperation().setXattr('parent', bytes(1, 2)).setXattr('layout', bytes(3)));
      const op = new ObjectOperation();
      const parent = op.getXattr('parent');
      const all = op.getXattrs();
      expect(await run('a', op)).toBe(0);
      expect(plain(parent.value)).toEqual([1, 2]);
      expect([...(all.value as Map<string, Uint8Array>).keys()]).toEqual(['layout', 'parent']);
      const missing = new ObjectOperation();
      const none = missing.getXattr('none');
      expect(await run('a', missing)).toBe(-61);
      expect(none.r).toBe(-61);
      expect(await run('a', new ObjectOperation().rmXattr('parent'))).toBe(0);
      expect(await run('a', new ObjectOperation().rmXattr('parent'))).toBe(0);
      expect(await run('none', new ObjectOperation().rmXattr('parent'))).toBe(-2);
    });

    it('lists omap keys in the order of their bytes, in pages', async () => {
      const names = ['b', 'a', 'ä', 'aa', 'B', '\u{1F600}', '\uffee', 'a\u0001'];
      await run('d', new ObjectOperation().omapSetHeader(text('head')).omapSet(new Map(names.map((n) => [`${n}_head`, text(n)]))));
      const sorted = names.map((n) => `${n}_head`).sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      const seen: string[] = [];
      let after = '';
      for (let more = true; more;) {
        const op = new ObjectOperation();
        const page = op.omapGetVals(after, '', 3);
        expect(await run('d', op)).toBe(0);
        const keys = [...(page.value?.vals.keys() ?? [])];
        expect(keys.length).toBeLessThanOrEqual(3);
        seen.push(...keys);
        after = keys[keys.length - 1] ?? '';
        more = page.value?.more ?? false;
      }
      expect(seen).toEqual(sorted);
      const op = new ObjectOperation();
      const header = op.omapGetHeader();
      const filtered = op.omapGetVals('', 'a');
      const some = op.omapGetValsByKeys(['b_head', 'none']);
      expect(await run('d', op)).toBe(0);
      expect(plain(header.value)).toEqual([...text('head')]);
      expect([...(filtered.value?.vals.keys() ?? [])]).toEqual(sorted.filter((key) => key.startsWith('a')));
      expect(some.value).toEqual(new Map([['b_head', expect.anything()]]));
      expect(plain(some.value?.get('b_head'))).toEqual([...text('b')]);
    });

    it('keeps names that are no UTF-8', async () => {
      const odd = '\udcffx\udc80';
      await run('d', new ObjectOperation().omapSet(new Map([[odd, bytes(1)]])));
      const op = new ObjectOperation();
      const page = op.omapGetVals();
      await run('d', op);
      expect([...(page.value?.vals.keys() ?? [])]).toEqual([odd]);
    });

    it('clears the omap of no object, and goes on with what follows', async () => {
      await run('d', new ObjectOperation().omapClear());
      const op = new ObjectOperation();
      op.stat();
      expect(await run('d', op)).toBe(-2);
      await run('d', new ObjectOperation().omapClear().omapSetHeader(bytes(1)));
      const after = new ObjectOperation();
      const header = after.omapGetHeader();
      await run('d', after);
      expect(plain(header.value)).toEqual(plain(bytes(1)));
    });

    it('removes omap keys, and clears the omap with its header', async () => {
      await run(
        'd',
        new ObjectOperation().omapSetHeader(bytes(1)).omapSet(
          new Map([
            ['a', bytes(1)],
            ['b', bytes(2)],
          ]),
        ),
      );
      await run('d', new ObjectOperation().omapRmKeys(['a', 'none']));
      const op = new ObjectOperation();
      const left = op.omapGetVals();
      await run('d', op);
      expect([...(left.value?.vals.keys() ?? [])]).toEqual(['b']);
      await run('d', new ObjectOperation().omapClear().omapSet(new Map([['c', bytes(3)]])));
      const after = new ObjectOperation();
      const header = after.omapGetHeader();
      const page = after.omapGetVals();
      await run('d', after);
      expect(plain(header.value)).toEqual([]);
      expect([...(page.value?.vals.keys() ?? [])]).toEqual(['c']);
    });

    it('keeps pools and namespaces apart', async () => {
      await run('a', new ObjectOperation().writeFull(bytes(1)), { pool: 1 });
      await run('a', new ObjectOperation().writeFull(bytes(2)), { pool: 2 });
      await run('a', new ObjectOperation().writeFull(bytes(3)), { pool: 2, namespace: 'n' } as typeof LOC);
      expect(await read('a')).toEqual([2]);
      const op = new ObjectOperation();
      const data = op.read();
      await run('a', op, { pool: 2, namespace: 'n' } as typeof LOC);
      expect(plain(data.value)).toEqual([3]);
    });

    it('undoes every step of an operation of which one fails', async () => {
      await run(
        'a',
        new ObjectOperation()
          .writeFull(bytes(1, 2))
          .setXattr('x', bytes(1))
          .omapSet(new Map([['k', bytes(1)]])),
      );
      const bad = new ObjectOperation()
        .append(bytes(3))
        .setXattr('x', bytes(9))
        .omapSet(
          new Map([
            ['k', bytes(9)],
            ['l', bytes(9)],
          ]),
        )
        .create(true);
      expect(await run('a', bad)).toBe(-17);
      const op = new ObjectOperation();
      const data = op.read();
      const xattr = op.getXattr('x');
      const page = op.omapGetVals();
      await run('a', op);
      expect(plain(data.value)).toEqual([1, 2]);
      expect(plain(xattr.value)).toEqual([1]);
      expect([...(page.value?.vals.keys() ?? [])]).toEqual(['k']);
      expect(plain(page.value?.vals.get('k'))).toEqual([1]);
      expect(await run('b', new ObjectOperation().writeFull(bytes(1)).create(true))).toBe(-17);
      expect(await read('b')).toBe(-2);
    });

    it('lets reading steps guard an operation that changes something, and gives nothing else of them', async () => {
      const guarded = (): { op: ObjectOperation; stat: { value: unknown } } => {
        const op = new ObjectOperation();
        const stat = op.stat();
        return { op: op.writeFull(bytes(3)), stat };
      };
      expect(await run('a', guarded().op)).toBe(-2);
      expect(await read('a')).toBe(-2);
      await run('a', new ObjectOperation().writeFull(bytes(1, 2)));
      const { op, stat } = guarded();
      expect(await run('a', op)).toBe(0);
      expect(stat.value).toBeUndefined();
      expect(await read('a')).toEqual([3]);
    });

    it('lets a read see every write handed in before it, and completes operations on one object in order', async () => {
      const order: string[] = [];
      const jobs: Promise<void>[] = [];
      const job = (label: string, op: ObjectOperation): void => {
        jobs.push(
          new Promise((resolve) =>
            store.operate('a', LOC, op, () => {
              order.push(label);
              resolve();
            }),
          ),
        );
      };
      job('w1', new ObjectOperation().append(bytes(1)));
      job('w2', new ObjectOperation().append(bytes(2)));
      const first = new ObjectOperation();
      const data = first.read();
      job('r1', first);
      job('w3', new ObjectOperation().append(bytes(3)));
      await Promise.all(jobs);
      expect(order).toEqual(['w1', 'w2', 'r1', 'w3']);
      expect(plain(data.value)).toEqual([1, 2]);
      expect(await read('a')).toEqual([1, 2, 3]);
    });

    it('behaves as a plain array of bytes does under random writes', async () => {
      let seed = 7;
      const random = (below: number): number => {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        return seed % below;
      };
      let model = new Uint8Array(0);
      const put = (off: number, part: Uint8Array): void => {
        const size = Math.max(model.length, off + part.length);
        const next = new Uint8Array(size);
        next.set(model);
        next.set(part, off);
        model = next;
      };
      await run('a', new ObjectOperation().create());
      for (let i = 0; i < 300; i++) {
        const kind = random(10);
        const off = random(3000);
        const part = new Uint8Array(random(500) + 1).fill(i & 0xff);
        const op = new ObjectOperation();
        if (kind < 6) {
          op.write(off, part);
          put(off, part);
        } else if (kind < 8) {
          op.append(part);
          put(model.length, part);
        } else if (kind === 8) {
          op.zero(off, part.length);
          if (off + part.length >= model.length) model = model.slice(0, Math.min(off, model.length));
          else model.fill(0, off, off + part.length);
        } else {
          op.truncate(off);
          const next = new Uint8Array(off);
          next.set(model.subarray(0, off));
          model = next;
        }
        const done = run('a', op);
        if (i % 5 === 0) await done;
        if (i % 37 === 0) expect(await read('a')).toEqual([...model]);
      }
      expect(await read('a')).toEqual([...model]);
    });

    it('lists what is in flight', async () => {
      const done = run('a', new ObjectOperation().writeFull(bytes(1)).setXattr('x', bytes(1)));
      expect(store.inFlight()).toEqual([
        { tid: expect.any(Number), oid: 'a', pool: 2, namespace: '', ops: ['writeFull', 'setXattr'], age: expect.any(Number) },
      ]);
      await done;
      expect(store.inFlight()).toEqual([]);
    });

    it('completes everything in flight when it closes, and refuses what comes later', async () => {
      const done = run('a', new ObjectOperation().writeFull(bytes(1)));
      await store.close();
      expect(await done).toBe(0);
      expect(await run('a', new ObjectOperation().writeFull(bytes(1)))).toBe(-125);
    });
  });
}
