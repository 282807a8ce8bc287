import { CephError, ERRNO } from '@cephts/common';
import { encodeText } from '@cephts/encoding';
import type { Cluster } from '../client/cluster.js';
import type { IoCtx } from '../client/io-ctx.js';
import { Striper } from '../client/striper.js';
import { wholeStripes } from '../client/whole-stripes.js';
import { OSD_FLAG } from '../messages/osd/osd-op-codes.js';
import { ObjectOperation } from '../objecter/object-operation.js';
import { errnoText } from './errno-text.js';
import { hexdump } from './hexdump.js';
import { radosBench, radosCleanup } from './rados-bench.js';
import { radosDf } from './rados-df.js';
import { lengthOf, objectPieces, openSink, pieces, readAll, save, whyOf, writeTo } from './rados-io.js';
import type { CommandIo } from './rados-io.js';
import { radosNotify, radosWatch } from './rados-watch.js';
import { TransferProgress } from './transfer-progress.js';
import { VerbError } from './verb-error.js';
import { DEFAULT_BLOCK_SIZE, UsageError } from './rados-options.js';
import type { RadosOptions } from './rados-options.js';

/** What a verb works with. */
export interface ClusterContext {
  cluster: Cluster;
  options: RadosOptions;
  io: CommandIo;
  out(text: string | Uint8Array): Promise<void>;
}

/** What a verb works with that is about a pool. */
export interface VerbContext extends ClusterContext {
  ioctx: IoCtx;
  pool: string;
}

/** `min` is how many arguments there are at the least. */
export type Verb =
  | { min: number; pool: false; run(context: ClusterContext, args: readonly string[]): Promise<void> }
  | { min: number; pool: true; run(context: VerbContext, args: readonly string[]): Promise<void> };

const stamp = (ms: number, digits: number): string => {
  const seconds = Math.floor(ms / 1000);
  const micros = digits > 0 ? Math.round((ms - seconds * 1000) * 1000) : 0;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}+0000`;
};

/** Runs `body`; a failure is told as `what`. */
async function telling<T>(what: string, body: () => Promise<T>, separator = ': '): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof CephError && error.errno !== undefined)
      throw new VerbError(`${what}${separator}${errnoText(error.errno)}`);
    const { errno } = error as NodeJS.ErrnoException;
    if (typeof errno === 'number') throw new VerbError(`${what}${separator}${errnoText(errno)}`);
    throw error;
  }
}

/** The striper's or the pool's own data calls. */
function dataOf({ ioctx, options }: VerbContext): Pick<Striper, 'read' | 'write' | 'writeFull' | 'append' | 'truncate' | 'stat'> {
  if (options.striper) return new Striper(ioctx);
  return {
    read: (oid, range = {}) => ioctx.read(oid, range),
    write: (oid, bytes, off) => ioctx.write(oid, bytes, off),
    writeFull: (oid, bytes) => ioctx.writeFull(oid, bytes),
    append: (oid, bytes) => ioctx.append(oid, bytes),
    truncate: (oid, size) => ioctx.truncate(oid, size),
    stat: (oid) => ioctx.stat(oid),
  };
}

/** Attributes of a striped object are those of its first part. */
function firstPart({ options }: VerbContext, oid: string): string {
  return options.striper ? `${oid}.${'0'.repeat(16)}` : oid;
}

async function put(c: VerbContext, [oid = '', file = '']: readonly string[]): Promise<void> {
  const what = `error putting ${c.pool}/${oid}`;
  const data = dataOf(c);
  const { offset } = c.options;
  let off = offset;
  const progress = new TransferProgress(c.io.stderr, `put ${oid}`);
  if (progress.isSeen) progress.total = await lengthOf(file);
  try {
    for await (const piece of progress.of(pieces(c.io, file, c.options.blockSize))) {
      await telling(what, () => (off === 0 ? data.writeFull(oid, piece) : data.write(oid, piece, off)));
      off += piece.length;
    }
  } catch (error) {
    await tellUnread(c, file, error);
    return;
  }
  if (off > offset) return;
  await telling(what, async () => {
    await data.writeFull(oid, new Uint8Array(0));
    if (offset > 0) await data.truncate(oid, offset);
  });
}

/** That an input file cannot be read is told, and all that comes of it. */
async function tellUnread({ io }: VerbContext, file: string, error: unknown): Promise<void> {
  if (error instanceof VerbError) throw error;
  await writeTo(io.stderr, `error reading input file ${file}: ${whyOf(error)}\n`);
}

async function get(c: VerbContext, [oid = '', file = '']: readonly string[]): Promise<void> {
  const what = `error getting ${c.pool}/${oid}`;
  const data = dataOf(c);
  // no limit is asked for with 0
  const blockSize = c.options.blockSize || DEFAULT_BLOCK_SIZE;
  const progress = new TransferProgress(c.io.stderr, `get ${oid}`);
  const failing = (step: string) => (error: unknown) => {
    throw new VerbError(`${step}: ${whyOf(error)}\n${what}: ${whyOf(error)}`);
  };
  const sink = await openSink(c.io, file).catch(failing('failed to open file'));
  try {
    const read = (range: { off: number; len: number }): Promise<Uint8Array> => telling(what, () => data.read(oid, range));
    for await (const piece of progress.of(objectPieces(read, blockSize))) {
      await sink.write(piece).catch(failing('error writing to file'));
      const isLong = piece.length === blockSize && progress.total === undefined;
      if (isLong && progress.isSeen) progress.total = (await telling(what, () => data.stat(oid))).size;
    }
  } finally {
    await sink.close();
  }
}

async function append(c: VerbContext, [oid = '', file = '']: readonly string[]): Promise<void> {
  const data = dataOf(c);
  const progress = new TransferProgress(c.io.stderr, `append ${oid}`);
  if (progress.isSeen) progress.total = await lengthOf(file);
  try {
    for await (const piece of progress.of(pieces(c.io, file, c.options.blockSize))) {
      await telling(`error appending ${c.pool}/${oid}`, () => data.append(oid, piece));
    }
  } catch (error) {
    await tellUnread(c, file, error);
  }
}

async function list({ ioctx, options, out }: VerbContext, args: readonly string[]): Promise<void> {
  if (args.length > 0) throw new VerbError('Please use --output to specify the output file name');
  const rows: { namespace: string; name: string; locator?: string }[] = [];
  for await (const { nspace, oid, locator } of ioctx.listObjects({ allNamespaces: options.all })) {
    if (options.striper && !oid.endsWith(`.${'0'.repeat(16)}`)) continue;
    const name = options.striper ? oid.slice(0, -17) : oid;
    if (options.format !== 'plain') rows.push({ namespace: nspace, name, ...(locator ? { locator } : {}) });
    else await out(`${options.all ? `${nspace}\t` : ''}${name}${locator ? `\t${locator}` : ''}\n`);
  }
  if (options.format !== 'plain')
    await out(options.format === 'json' ? JSON.stringify(rows) : `${JSON.stringify(rows, undefined, 4)}\n`);
}

const value = async (c: VerbContext, text: string | undefined): Promise<Uint8Array> => {
  if (text !== undefined) return encodeText(text);
  return readAll(c.io, c.options.inputFile ?? '-');
};

async function copy(c: VerbContext, words: readonly string[]): Promise<void> {
  const [oid = '', to = oid] = words;
  const { cluster, options } = c;
  let target = options.targetPool === undefined ? c.ioctx : await cluster.openIoctx(options.targetPool);
  if (options.targetNamespace !== undefined) target = target.withNamespace(options.targetNamespace);
  if (options.targetLocator !== undefined) target = target.withLocator(options.targetLocator);
  const what = `error copying ${c.pool}/${oid} => ${options.targetPool ?? c.pool}/${to}`;
  if (to === oid && target === c.ioctx)
    throw new VerbError(words.length > 1 ? `${what}: ${errnoText(ERRNO.EINVAL)}` : 'cannot copy object into itself');
  await telling(what, async () => {
    const xattrs = await c.ioctx.getXattrs(oid);
    await target.writeFull(to, new Uint8Array(0));
    const progress = new TransferProgress(c.io.stderr, `cp ${oid}`);
    let off = 0;
    for await (const piece of progress.of(
      objectPieces((range) => c.ioctx.read(oid, range), wholeStripes(target.requiredAlignment, options.blockSize)),
    )) {
      await target.write(to, piece, off);
      off += piece.length;
    }
    const attrs = new ObjectOperation();
    for (const [name, bytes] of xattrs) attrs.setXattr(name, bytes);
    if (attrs.ops.length > 0) await target.operate(to, attrs);
    if (c.ioctx.pgPool.isErasure || target.pgPool.isErasure) return;
    const header = await c.ioctx.omapGetHeader(oid);
    if (header.length > 0) await target.omapSetHeader(to, header);
    for await (const [key, bytes] of c.ioctx.omapEntries(oid)) await target.omapSet(to, new Map([[key, bytes]]));
  });
}

/** Verbs by name. @see src/tools/rados/rados.cc (16.2.15) */
export const radosVerbs: Readonly<Record<string, Verb>> = {
  lspools: {
    min: 0,
    pool: false,
    run: async ({ cluster, out }) => {
      for (const name of (await cluster.listPools()).values()) await out(`${name}\n`);
    },
  },
  df: { min: 0, pool: false, run: async ({ cluster, options, out }) => out(await radosDf(cluster, options.pool, options.format)) },
  ls: { min: 0, pool: true, run: list },
  put: { min: 2, pool: true, run: put },
  get: { min: 2, pool: true, run: get },
  append: { min: 2, pool: true, run: append },
  create: {
    min: 1,
    pool: true,
    run: (c, [oid = '']) => telling(`error creating ${c.pool}/${oid}`, () => c.ioctx.create(oid, true)),
  },
  touch: {
    min: 1,
    pool: true,
    run: (c, [oid = '', when]) => {
      if (when !== undefined && !/^\d+$/.test(when)) throw new VerbError(`Invalid value for timestamp: '${when}'`);
      const options = when === undefined ? {} : { mtime: Number(when) * 1000 };
      return telling(`error touching ${c.pool}/${oid}`, () => c.ioctx.create(oid, false, options));
    },
  },
  rm: {
    min: 1,
    pool: true,
    run: async (c, args) => {
      for (const oid of args) {
        const remove = async (): Promise<unknown> => {
          if (c.options.striper) return new Striper(c.ioctx).remove(oid);
          return c.ioctx.remove(oid, c.options.forceFull ? { flags: OSD_FLAG.FULL_FORCE } : {});
        };
        await telling(`error removing ${c.pool}>${oid}`, remove);
      }
    },
  },
  cp: { min: 1, pool: true, run: copy },
  stat: {
    min: 1,
    pool: true,
    run: async (c, [oid = '']) => {
      const { size, mtime } = await telling(` error stat-ing ${c.pool}/${oid}`, () => dataOf(c).stat(oid));
      await c.out(`${c.pool}/${oid} mtime ${stamp(mtime, 0)}, size ${size}\n`);
    },
  },
  stat2: {
    min: 1,
    pool: true,
    run: async (c, [oid = '']) => {
      const { size, mtime } = await telling(` error stat-ing ${c.pool}/${oid}`, () => dataOf(c).stat(oid));
      await c.out(`${c.pool}/${oid} mtime ${stamp(mtime, 6)}, size ${size}\n`);
    },
  },
  truncate: {
    min: 2,
    pool: true,
    run: async (c, [oid = '', text = '']) => {
      if (!/^-?\d+$/.test(text)) throw new VerbError(`Invalid value for size: '${text}'`);
      if (Number(text) < 0) throw new UsageError('error, cannot truncate to negative value', 1, true);
      await telling(`error truncating oid ${oid} to ${text}`, () => dataOf(c).truncate(oid, Number(text)));
    },
  },
  setxattr: {
    min: 2,
    pool: true,
    run: async (c, [oid = '', name = '', text]) => {
      const bytes = await value(c, text);
      await telling(`error setting xattr ${c.pool}/${oid}/${name}`, () => c.ioctx.setXattr(firstPart(c, oid), name, bytes));
    },
  },
  getxattr: {
    min: 2,
    pool: true,
    run: async (c, [oid = '', name = '']) => {
      const what = `error getting xattr ${c.pool}/${oid}/${name}`;
      await c.out(await telling(what, () => c.ioctx.getXattr(firstPart(c, oid), name)));
    },
  },
  rmxattr: {
    min: 2,
    pool: true,
    run: (c, [oid = '', name = '']) =>
      telling(`error removing xattr ${c.pool}/${oid}/${name}`, () => c.ioctx.rmXattr(firstPart(c, oid), name)),
  },
  listxattr: {
    min: 1,
    pool: true,
    run: async (c, [oid = '']) => {
      const all = await telling(`error getting xattr set ${c.pool}/${oid}`, () => c.ioctx.getXattrs(firstPart(c, oid)));
      for (const name of all.keys()) if (!(c.options.striper && name.startsWith('striper.'))) await c.out(`${name}\n`);
    },
  },
  setomapval: {
    min: 2,
    pool: true,
    run: async (c, [oid = '', key = '', text]) => {
      const bytes = await value(c, text);
      await telling(`error setting omap value ${c.pool}/${oid}/${key}`, () => c.ioctx.omapSet(oid, new Map([[key, bytes]])));
    },
  },
  getomapval: {
    min: 2,
    pool: true,
    run: async (c, [oid = '', key = '', file]) => {
      const vals = await telling(`error getting omap value ${c.pool}/${oid}/${key}`, () => c.ioctx.omapGetValsByKeys(oid, [key]));
      const bytes = vals.get(key);
      if (!bytes) {
        await c.out(`No such key: ${c.pool}/${oid}/${key}\n`);
        throw new VerbError('');
      }
      if (file !== undefined) {
        await writeTo(c.io.stderr, `Writing to ${file}\n`);
        await save(c.io, file, bytes);
      } else await c.out(`value (${bytes.length} bytes) :\n${hexdump(bytes)}\n`);
    },
  },
  rmomapkey: {
    min: 2,
    pool: true,
    run: (c, [oid = '', key = '']) =>
      telling(`error removing omap key ${c.pool}/${oid}/${key}`, () => c.ioctx.omapRmKeys(oid, [key])),
  },
  clearomap: {
    min: 1,
    pool: true,
    run: async (c, args) => {
      for (const oid of args) await telling(`error clearing omap keys ${c.pool}/${oid}`, () => c.ioctx.omapClear(oid), '/');
    },
  },
  listomapkeys: {
    min: 1,
    pool: true,
    run: async (c, [oid = '']) => {
      await telling(`error getting omap key set ${c.pool}/${oid}`, async () => {
        for (let after = '', more = true; more;) {
          const page = await c.ioctx.omapGetKeys(oid, after, 512);
          for (const key of page.keys) await c.out(`${key}\n`);
          after = page.keys[page.keys.length - 1] ?? '';
          more = page.more && page.keys.length > 0;
        }
      });
    },
  },
  listomapvals: {
    min: 1,
    pool: true,
    run: async (c, [oid = '']) => {
      await telling(`error getting omap keys ${c.pool}/${oid}`, async () => {
        for await (const [key, bytes] of c.ioctx.omapEntries(oid))
          await c.out(`${key}\nvalue (${bytes.length} bytes) :\n${hexdump(bytes)}\n`);
      });
    },
  },
  getomapheader: {
    min: 1,
    pool: true,
    run: async (c, [oid = '', file]) => {
      const bytes = await telling(`error getting omap header ${c.pool}/${oid}`, () => c.ioctx.omapGetHeader(oid));
      if (file !== undefined) {
        await writeTo(c.io.stderr, `Writing to ${file}\n`);
        await save(c.io, file, bytes);
      } else await c.out(`header (${bytes.length} bytes) :\n${hexdump(bytes)}\n`);
    },
  },
  setomapheader: {
    min: 2,
    pool: true,
    run: async (c, [oid = '', text]) => {
      const bytes = await value(c, text);
      await telling(`error setting omap value ${c.pool}/${oid}`, () => c.ioctx.omapSetHeader(oid, bytes));
    },
  },
  listwatchers: {
    min: 1,
    pool: true,
    run: async (c, [oid = '']) => {
      const watchers = await telling(`error listing watchers ${c.pool}/${oid}`, () => c.ioctx.listWatchers(oid));
      for (const { addr, name, cookie } of watchers) await c.out(`watcher=${addr} ${name} cookie=${cookie}\n`);
    },
  },
  watch: { min: 1, pool: true, run: (c, [oid = '']) => radosWatch(c, oid) },
  notify: { min: 2, pool: true, run: (c, [oid = '', text = '']) => radosNotify(c, oid, text) },
  lssnap: {
    min: 0,
    pool: true,
    run: async ({ ioctx, out }) => {
      const snaps = ioctx.snapshots.list();
      for (const { snapid, name, stamp: when } of snaps) {
        const date = new Date(when.toMillis()).toISOString();
        await out(`${snapid}\t${name}\t${date.slice(0, 10).replaceAll('-', '.')} ${date.slice(11, 19)}\n`);
      }
      await out(`${snaps.length} snaps\n`);
    },
  },
  mksnap: {
    min: 1,
    pool: true,
    run: async (c, [name = '']) => {
      await telling(`error creating pool ${c.pool} snapshot ${name}`, () => c.ioctx.snapshots.create(name));
      await c.out(`created pool ${c.pool} snap ${name}\n`);
    },
  },
  rmsnap: {
    min: 1,
    pool: true,
    run: async (c, [name = '']) => {
      await telling(`error removing pool ${c.pool} snapshot ${name}`, () => c.ioctx.snapshots.remove(name));
      await c.out(`removed pool ${c.pool} snap ${name}\n`);
    },
  },
  rollback: {
    min: 2,
    pool: true,
    run: async (c, [oid = '', name = '']) => {
      // the object's name, where the snapshot's would be expected
      const what = `error rolling back pool ${c.pool} to snapshot ${oid}`;
      await telling(what, () => c.ioctx.snapshots.rollback(oid, name), '');
      await c.out(`rolled back pool ${c.pool} to snapshot ${name}\n`);
    },
  },
  bench: {
    min: 2,
    pool: true,
    run: async (c, [seconds = '', operation = '']) => {
      if (!/^[1-9]\d*$/.test(seconds)) throw new UsageError(`Invalid value for seconds: '${seconds}'`);
      if (!['write', 'seq', 'rand'].includes(operation)) throw new UsageError(`Invalid bench operation: ${operation}`);
      await telling('error during benchmark', () => radosBench(c, Number(seconds), operation as 'write' | 'seq' | 'rand'));
    },
  },
  cleanup: { min: 0, pool: true, run: (c) => telling('error during cleanup', () => radosCleanup(c)) },
};
