import { hostname } from 'node:os';
import { CephError, ERRNO } from '@cephts/common';
import { Decoder, Encoder } from '@cephts/encoding';
import type { IoCtx } from '../client/io-ctx.js';
import type { RadosOptions } from './rados-options.js';

interface Context {
  ioctx: IoCtx;
  options: RadosOptions;
  out(text: string): Promise<void>;
}

const MIB = 1024 * 1024;

/** What a run leaves for those that read or clean up after it, as `rados` has it. */
interface RunMetadata {
  objectSize: number;
  objects: number;
  pid: number;
  opSize: number;
}

const objectName = (pid: number, n: number): string => `benchmark_data_${hostname()}_${pid}_object${n}`;

/** What write `n` writes: `rados bench` reads it again and compares. @see src/common/obj_bencher.cc (16.2.15) */
function contents(n: number, opSize: number): Uint8Array {
  const bytes = new Uint8Array(opSize).fill(0x7a);
  // a C string: cut off where it does not fit, and with its end
  const head = Buffer.from(`I'm the ${String(n).padStart(16)}th op!`).subarray(0, Math.max(0, opSize - 1));
  bytes.set(head);
  if (opSize > 0) bytes[head.length] = 0;
  return bytes;
}

async function writeMetadata({ ioctx, options }: Context, { objectSize, objects, pid, opSize }: RunMetadata): Promise<void> {
  await ioctx.writeFull(options.runName, new Encoder().u64(objectSize).s32(objects).s32(pid).u64(opSize).toBytes());
}

async function readMetadata({ ioctx, options }: Context): Promise<RunMetadata> {
  let bytes: Uint8Array;
  try {
    bytes = await ioctx.read(options.runName);
  } catch (error) {
    if ((error as CephError).errno !== ERRNO.ENOENT) throw error;
    throw new CephError('ERR_CEPH_ENOENT', 'Must write data before running a read benchmark!', { errno: ERRNO.ENOENT });
  }
  const d = new Decoder(bytes, 'benchmark metadata');
  return { objectSize: d.u64(), objects: d.s32(), pid: d.s32(), opSize: d.u64() };
}

const width = (text: string, n: number): string => text.padStart(n);
const six = (value: number): string => String(Number(value.toPrecision(6)));

function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Times and counts of a run, and its table. */
class Progress {
  started = 0;
  finished = 0;
  readonly latencies: number[] = [];
  readonly bandwidths: number[] = [];
  readonly iops: number[] = [];
  readonly #begin = performance.now();
  readonly #opSize: number;
  readonly #out: (text: string) => Promise<void>;
  #lastFinished = 0;
  #lastTick = this.#begin;
  #second = 0;

  constructor(opSize: number, out: (text: string) => Promise<void>) {
    this.#opSize = opSize;
    this.#out = out;
  }

  get seconds(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  async head(): Promise<void> {
    await this.#out('  sec Cur ops   started  finished  avg MB/s  cur MB/s last lat(s)  avg lat(s)\n');
    await this.#out('    0       0         0         0         0         0           -           0\n');
  }

  async tick(): Promise<void> {
    const now = performance.now();
    const done = this.finished - this.#lastFinished;
    const span = (now - this.#lastTick) / 1000;
    this.#lastFinished = this.finished;
    this.#lastTick = now;
    this.#second++;
    const current = (done * this.#opSize) / span / MIB;
    this.bandwidths.push(current);
    this.iops.push(Math.round(done / span));
    const average = (this.finished * this.#opSize) / this.seconds / MIB;
    const last = this.latencies[this.latencies.length - 1];
    const cells = [
      width(String(this.#second), 5),
      width(String(this.started - this.finished), 7),
      width(String(this.started), 9),
      width(String(this.finished), 9),
      width(six(average), 9),
      width(six(current), 9),
      width(done > 0 && last !== undefined ? six(last) : '-', 11),
      width(six(this.averageLatency), 11),
    ];
    await this.#out(`${cells.join(' ')}\n`);
  }

  get averageLatency(): number {
    return this.latencies.length === 0 ? 0 : this.latencies.reduce((sum, value) => sum + value, 0) / this.latencies.length;
  }

  async summary(kind: 'writes' | 'reads', objectSize: number): Promise<void> {
    const { seconds, latencies, iops, bandwidths } = this;
    const isWrite = kind === 'writes';
    const pad = isWrite ? 24 : 22;
    const line = (name: string, value: number): Promise<void> => this.#out(`${name.padEnd(pad)}${six(value)}\n`);
    await line('Total time run:', seconds);
    await line(`Total ${kind} made:`, this.finished);
    await line(isWrite ? 'Write size:' : 'Read size:', this.#opSize);
    await line('Object size:', objectSize);
    await line('Bandwidth (MB/sec):', (this.finished * this.#opSize) / seconds / MIB);
    if (isWrite) {
      await line('Stddev Bandwidth:', deviation(bandwidths));
      await line('Max bandwidth (MB/sec):', Math.max(0, ...bandwidths));
      await line('Min bandwidth (MB/sec):', bandwidths.length > 0 ? Math.min(...bandwidths) : 0);
    }
    await line('Average IOPS:', Math.floor(this.finished / seconds));
    await line('Stddev IOPS:', deviation(iops));
    await line('Max IOPS:', Math.max(0, ...iops));
    await line('Min IOPS:', iops.length > 0 ? Math.min(...iops) : 0);
    await line('Average Latency(s):', this.averageLatency);
    if (isWrite) await line('Stddev Latency(s):', deviation(latencies));
    await line(
      'Max latency(s):',
      latencies.reduce((max, value) => Math.max(max, value), 0),
    );
    await line(
      'Min latency(s):',
      latencies.reduce((min, value) => Math.min(min, value), latencies.length > 0 ? Infinity : 0),
    );
  }
}

/** Keeps `concurrent` operations under way until the time is over, or `operate` has no more. */
async function run(
  progress: Progress,
  { seconds, concurrent, atOnce = 1 }: { seconds: number; concurrent: number; atOnce?: number },
  operate: (n: number) => Promise<void> | undefined,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let failure: unknown;
  let next = 0;
  const worker = async (): Promise<void> => {
    while ((performance.now() < end || next % atOnce !== 0) && failure === undefined) {
      const since = performance.now();
      const job = operate(next++);
      if (!job) return;
      progress.started++;
      try {
        await job;
      } catch (error) {
        failure ??= error;
      }
      progress.finished++;
      progress.latencies.push((performance.now() - since) / 1000);
    }
  };
  let over = false;
  const workers = Promise.all(Array.from({ length: concurrent }, worker)).then(() => (over = true));
  await progress.head();
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const second = new Promise((resolve) => (timer = setTimeout(resolve, 1000)));
    await Promise.race([second, workers]);
    clearTimeout(timer);
    if (over) break;
    await progress.tick();
  }
  if (failure !== undefined) throw failure;
}

/** `rados bench`. */
export async function radosBench(c: Context, seconds: number, operation: 'write' | 'seq' | 'rand'): Promise<void> {
  await c.out('hints = 1\n');
  if (c.options.concurrent === 0) throw new CephError('ERR_CEPH_EINVAL', 'no operation at a time', { errno: ERRNO.EINVAL });
  if (operation === 'write') await benchWrite(c, seconds);
  else await benchRead(c, seconds, operation);
}

async function benchWrite(c: Context, seconds: number): Promise<void> {
  const { ioctx, options } = c;
  const opSize = options.blockSize;
  const objectSize = options.objectSize || opSize;
  const perObject = Math.max(1, Math.floor(objectSize / opSize));
  const { concurrent } = options;
  const size = `${opSize} bytes to objects of size ${objectSize}`;
  await c.out(`Maintaining ${concurrent} concurrent writes of ${size} for up to ${seconds} seconds or 0 objects\n`);
  await c.out(`Object prefix: benchmark_data_${hostname()}_${process.pid}\n`);
  const progress = new Progress(opSize, (text) => c.out(text));
  // no object is left half written: who reads takes all for whole
  await run(progress, { seconds, concurrent, atOnce: perObject }, (n) => {
    const oid = objectName(process.pid, Math.floor(n / perObject));
    const bytes = contents(n, opSize);
    return perObject === 1 ? ioctx.writeFull(oid, bytes) : ioctx.write(oid, bytes, (n % perObject) * opSize);
  });
  await progress.summary('writes', objectSize);
  const objects = Math.ceil(progress.finished / perObject);
  await writeMetadata(c, { objectSize, objects, pid: process.pid, opSize });
  if (options.cleanup) await radosCleanup(c);
}

async function benchRead(c: Context, seconds: number, operation: 'seq' | 'rand'): Promise<void> {
  const { ioctx, options } = c;
  const { objectSize, objects, pid, opSize } = await readMetadata(c);
  const perObject = Math.max(1, Math.floor(objectSize / opSize));
  const count = objects * perObject;
  const progress = new Progress(opSize, (text) => c.out(text));
  await run(progress, { seconds, concurrent: options.concurrent }, (n) => {
    if (operation === 'seq' && n >= count) return undefined;
    const pick = operation === 'seq' ? n : Math.floor(Math.random() * count);
    const off = (pick % perObject) * opSize;
    return ioctx.read(objectName(pid, Math.floor(pick / perObject)), { off, len: opSize }).then((bytes) => {
      if (options.verify && Buffer.compare(bytes, contents(pick, opSize)) !== 0)
        throw new CephError('ERR_CEPH_EIO', `${objectName(pid, Math.floor(pick / perObject))} is not correct!`, {
          errno: ERRNO.EIO,
        });
    });
  });
  await progress.summary('reads', objectSize);
}

/** `rados cleanup`: removes what a run has left. */
export async function radosCleanup(c: Context): Promise<void> {
  const { ioctx, options } = c;
  const metadata = await readMetadata(c).catch((error: unknown) => {
    if ((error as CephError).errno !== ERRNO.ENOENT) throw error;
  });
  if (!metadata) return;
  const { objects, pid } = metadata;
  let removed = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < objects) {
      const oid = objectName(pid, next++);
      try {
        await ioctx.remove(oid);
        removed++;
      } catch (error) {
        if ((error as CephError).errno !== ERRNO.ENOENT) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: options.concurrent }, worker));
  await ioctx.remove(options.runName);
  await c.out(`Removed ${removed} objects\n`);
}
