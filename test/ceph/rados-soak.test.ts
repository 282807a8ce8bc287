// Mixed operations by 16 workers while OSDs are killed and started again, for a long time: every answer is what a model says, python3-rados
// finds the same objects at the end, and memory is flat. Short by default; CEPHTS_SOAK_SECONDS=1800 is the long form. CEPHTS_SOAK_SEED
// repeats one choice of operations, CEPHTS_SOAK_REPORT names a file for the measurements of memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ObjectOperation } from '@cephts/rados';
import type { Cluster, IoCtx } from '@cephts/rados';
import type { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';
import { startTrouble } from './rados-trouble.js';

const SECONDS = Number(process.env['CEPHTS_SOAK_SECONDS'] ?? 45);
const SEED = Number(process.env['CEPHTS_SOAK_SEED'] ?? Date.now() % 1e6);
const WORKERS = 16;
const OBJECTS = 4;
/** Bytes an object may have. */
const CAP = 65_536;
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
/** Lengthening of the memory in the last half of the run, MiB: what is above grows. */
const FLAT = { heapUsed: 4, external: 4, rss: 32 };
const MIB = 2 ** 20;

/** Numbers below n; one seed, one sequence (mulberry32). */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % n;
  };
}

const roll = dice(SEED);
const noise = Buffer.from(Uint8Array.from({ length: 4 * CAP }, () => roll(256)));

/** What an object has to be. Its bytes have their room for good, so that the model's memory is flat, too. */
class Model {
  readonly oid: string;
  exists = false;
  size = 0;
  readonly #bytes = Buffer.alloc(CAP);
  readonly xattrs = new Map<string, Uint8Array>();
  readonly omap = new Map<string, Uint8Array>();

  constructor(oid: string) {
    this.oid = oid;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.size);
  }

  truncate(size: number): void {
    this.#bytes.fill(0, Math.min(size, this.size), CAP);
    this.size = size;
    this.exists = true;
  }

  write(off: number, bytes: Uint8Array): void {
    this.size = Math.max(this.size, off + bytes.length);
    this.#bytes.set(bytes, off);
    this.exists = true;
  }

  zero(off: number, len: number): void {
    // OSDs cut off what is zeroed up to the end
    if (off < this.size && off + len >= this.size) this.truncate(off);
    else this.#bytes.fill(0, off, Math.min(off + len, this.size));
  }

  remove(): void {
    this.truncate(0);
    this.xattrs.clear();
    this.omap.clear();
    this.exists = false;
  }
}

const sorted = (map: ReadonlyMap<string, Uint8Array>): [string, string][] =>
  [...map].map(([key, value]): [string, string] => [key, Buffer.from(value).toString('hex')]).sort(([a], [b]) => (a < b ? -1 : 1));

const digest = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

type Step = (model: Model) => Promise<void>;

/** Each does one thing to an object and to its model, or compares them. */
class Worker {
  readonly models: Model[];
  readonly #io: IoCtx;
  readonly #roll: (n: number) => number;
  done = 0;

  constructor(io: IoCtx, index: number) {
    this.#io = io;
    this.#roll = dice(SEED + index + 1);
    this.models = Array.from({ length: OBJECTS }, (_, i) => new Model(`s${index}-${i}`));
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const model = this.models[this.#roll(OBJECTS)] as Model;
      const step = this.#steps[model.exists ? this.#roll(this.#steps.length) : 0] as Step;
      await step(model);
      this.done++;
      // a pace that leaves the OSDs time to recover
      await sleep(25);
    }
  }

  #piece(most: number): Buffer {
    const length = this.#roll(4) > 0 ? this.#roll(Math.min(most, 4096)) + 1 : this.#roll(most) + 1;
    const from = this.#roll(noise.length - length);
    return noise.subarray(from, from + length);
  }

  #key(): string {
    return KEYS[this.#roll(KEYS.length)] as string;
  }

  readonly #steps: readonly Step[] = [
    async (m) => {
      const bytes = this.#piece(CAP);
      await this.#io.writeFull(m.oid, bytes);
      m.truncate(0);
      m.write(0, bytes);
    },
    async (m) => {
      const off = this.#roll(CAP - 1);
      const bytes = this.#piece(CAP - off);
      await this.#io.write(m.oid, bytes, off);
      m.write(off, bytes);
    },
    async (m) => {
      if (m.size >= CAP) return;
      const bytes = this.#piece(CAP - m.size);
      await this.#io.append(m.oid, bytes);
      m.write(m.size, bytes);
    },
    async (m) => {
      const size = this.#roll(CAP);
      await this.#io.truncate(m.oid, size);
      m.truncate(size);
    },
    async (m) => {
      const off = this.#roll(CAP);
      const len = this.#roll(CAP) + 1;
      await this.#io.zero(m.oid, off, len);
      m.zero(off, len);
    },
    async (m) => {
      await this.#io.remove(m.oid);
      m.remove();
      await expect(this.#io.stat(m.oid)).rejects.toMatchObject({ code: 'ERR_CEPH_ENOENT' });
    },
    async (m) => {
      const [key, bytes] = [this.#key(), this.#piece(200)];
      await this.#io.setXattr(m.oid, key, bytes);
      m.xattrs.set(key, bytes);
      expect(sorted(await this.#io.getXattrs(m.oid))).toEqual(sorted(m.xattrs));
    },
    async (m) => {
      const key = this.#key();
      if (!m.xattrs.delete(key)) return;
      await this.#io.rmXattr(m.oid, key);
      await expect(this.#io.getXattr(m.oid, key)).rejects.toMatchObject({ code: 'ERR_CEPH_ENODATA' });
    },
    async (m) => {
      const vals = new Map([
        [this.#key(), this.#piece(300)],
        [this.#key(), this.#piece(300)],
      ]);
      await this.#io.omapSet(m.oid, vals);
      for (const [key, value] of vals) m.omap.set(key, value);
    },
    async (m) => {
      const keys = [this.#key(), this.#key()];
      await this.#io.omapRmKeys(m.oid, keys);
      for (const key of keys) m.omap.delete(key);
    },
    async (m) => {
      await this.#io.omapClear(m.oid);
      m.omap.clear();
    },
    async (m) => {
      const [key, bytes, off] = [this.#key(), this.#piece(500), this.#roll(CAP - 500)];
      const operation = new ObjectOperation().assertExists().write(off, bytes);
      await this.#io.operate(m.oid, operation.setXattr(key, bytes).omapSet(new Map([[key, bytes]])));
      m.write(off, bytes);
      m.xattrs.set(key, bytes);
      m.omap.set(key, bytes);
    },
    async (m) => {
      const operation = new ObjectOperation().assertExists().create(true).writeFull(this.#piece(100));
      await expect(this.#io.operate(m.oid, operation)).rejects.toMatchObject({ code: 'ERR_CEPH_EEXIST' });
    },
    async (m) => {
      const off = this.#roll(CAP);
      const len = this.#roll(CAP) + 1;
      expect(digest(await this.#io.read(m.oid, { off, len }))).toBe(digest(m.bytes.subarray(off, off + len)));
    },
    async (m) => {
      const { extents, data } = await this.#io.sparseRead(m.oid, 0, CAP);
      const whole = Buffer.alloc(m.size);
      let at = 0;
      for (const { off, len } of extents) {
        whole.set(data.subarray(at, at + len), off);
        at += len;
      }
      expect(digest(whole)).toBe(digest(m.bytes));
    },
    async (m) => {
      const operation = new ObjectOperation();
      const [stat, read, xattrs] = [operation.stat(), operation.read(), operation.getXattrs()];
      await this.#io.operate(m.oid, operation);
      expect(stat.value?.size).toBe(m.size);
      expect(digest(read.value as Uint8Array)).toBe(digest(m.bytes));
      expect(sorted(xattrs.value as Map<string, Uint8Array>)).toEqual(sorted(m.xattrs));
    },
    async (m) => {
      const found = new Map<string, Uint8Array>();
      for await (const [key, value] of this.#io.omapEntries(m.oid)) found.set(key, value);
      expect(sorted(found)).toEqual(sorted(m.omap));
    },
    async (m) => {
      const pieces: Buffer[] = [];
      for await (const piece of this.#io.createReadStream(m.oid, { chunkSize: 8192 })) pieces.push(piece as Buffer);
      expect(digest(Buffer.concat(pieces))).toBe(digest(m.bytes));
    },
    async (m) => {
      const controller = new AbortController();
      const read = this.#io.read(m.oid, { signal: controller.signal });
      controller.abort();
      await expect(read).rejects.toMatchObject({ name: 'AbortError' });
    },
    async (m) => {
      const watch = await this.#io.watch(m.oid);
      const listening = (async () => {
        for await (const { ack } of watch) ack();
      })();
      const { acks, timeouts } = await this.#io.notify(m.oid, this.#piece(100), { timeoutMs: 2000 });
      // a watch whose connection breaks meanwhile has not heard of it
      expect(acks.size + timeouts.length).toBeLessThanOrEqual(1);
      await watch.close();
      await listening;
    },
  ];
}

interface Sample {
  second: number;
  operations: number;
  heapUsed: number;
  external: number;
  rss: number;
}

/** What grew in the last half, by the straight line that fits best. @returns MiB */
function growth(samples: readonly Sample[], what: 'heapUsed' | 'external' | 'rss'): number {
  const late = samples.slice(samples.length >> 1);
  const mean = (of: (sample: Sample) => number): number => late.reduce((sum, sample) => sum + of(sample), 0) / late.length;
  const [time, size] = [mean(({ second }) => second), mean((sample) => sample[what])];
  const slope = mean((sample) => (sample.second - time) * (sample[what] - size)) / mean((sample) => (sample.second - time) ** 2);
  return (slope * ((late.at(-1) as Sample).second - (late[0] as Sample).second)) / MIB;
}

const READ_BACK = `
import rados, json, sys, hashlib
c = rados.Rados(conffile=sys.argv[1]); c.connect()
io = c.open_ioctx('data')
out = {}
for o in io.list_objects():
    xattrs = sorted((k, v.hex()) for k, v in io.get_xattrs(o.key))
    with rados.ReadOpCtx() as op:
        it, _ = io.get_omap_vals(op, '', '', 100)
        io.operate_read_op(op, o.key)
        omap = sorted((k, v.hex()) for k, v in it)
    out[o.key] = [hashlib.sha1(io.read(o.key, 1 << 20)).hexdigest(), xattrs, omap]
print(json.dumps(out))
io.close(); c.shutdown()
`;

describeWithCeph('mixed operations for a long time', () => {
  let ceph: RealCluster;
  let cluster: Cluster;

  beforeAll(async () => {
    ({ ceph, cluster } = await startTrouble(18_300, 16));
  }, 120_000);

  afterAll(async () => {
    await cluster?.shutdown();
    await ceph?.stop();
  });

  it(
    `loses and keeps nothing in ${SECONDS} s (seed ${SEED})`,
    async () => {
      setFlagsFromString('--expose-gc');
      const gc = runInNewContext('gc') as () => void;
      const io = await cluster.openIoctx('data');
      const workers = Array.from({ length: WORKERS }, (_, i) => new Worker(io, i));
      let over = false;
      const running = workers.map((worker) => worker.run(() => over));
      // awaited below, whatever fails before
      for (const worker of running) worker.catch(() => void (over = true));

      const samples: Sample[] = [];
      const start = Date.now();
      const measuring = (async () => {
        while (!over) {
          await sleep(Math.max(1000, SECONDS * 10));
          gc();
          const { heapUsed, external, rss } = process.memoryUsage();
          const operations = workers.reduce((sum, { done }) => sum + done, 0);
          samples.push({ second: (Date.now() - start) / 1000, operations, heapUsed, external, rss });
        }
      })();

      let restarts = 0;
      while (Date.now() - start < SECONDS * 1000 && !over) {
        const osd = roll(3);
        ceph.signal(`osd.${osd}`, roll(2) === 0 ? 'SIGKILL' : 'SIGTERM');
        await sleep(1000 + roll(5000));
        await ceph.startOsd(osd);
        await ceph.clean();
        await sleep(roll(4000));
        restarts++;
      }
      over = true;
      await Promise.all(running);
      await measuring;

      const grown = { heapUsed: growth(samples, 'heapUsed'), external: growth(samples, 'external'), rss: growth(samples, 'rss') };
      const { operations } = samples.at(-1) as Sample;
      const report = process.env['CEPHTS_SOAK_REPORT'];
      if (report) writeFileSync(report, JSON.stringify({ seed: SEED, restarts, operations, grown, samples }));
      process.stderr.write(`  ${operations} operations, ${restarts} restarts; MiB in the last half: ${JSON.stringify(grown)}\n`);

      const expected = Object.fromEntries(
        workers
          .flatMap(({ models }) => models)
          .filter(({ exists }) => exists)
          .map((m) => [m.oid, [digest(m.bytes), sorted(m.xattrs), sorted(m.omap)]]),
      );
      expect(JSON.parse(ceph.python(READ_BACK))).toEqual(expected);
      expect(cluster.objecter.inflight).toBe(0);
      for (const what of ['heapUsed', 'external', 'rss'] as const) expect(grown[what]).toBeLessThan(FLAT[what]);
    },
    SECONDS * 2000 + 240_000,
  );
});
