import type { CephFsClient } from '../client/ceph-fs-client.js';
import type { ClientAttrs } from '../client/client-types.js';

import type { LatencyBook } from './latency.js';
import { isDirectory, isSymlink } from './local-tree.js';
import type { LocalEntry } from './local-tree.js';

/** Options of {@link importTree}. */
export interface ImportOptions {
  /** Inode number of the directory to import under. */
  into: number;
  /** Name of the tree's root there. */
  name: string;
  /** Operations under way at once. @defaultValue 64 */
  inFlight?: number;
  /** Called with the number of entries that are done. */
  onProgress?: (done: number) => void;
  latency?: LatencyBook;
}

const CHOWN_ROOT = 0;

/**
 * Recreates a local tree through a client, many operations at once; a directory's own times are set when its children are there.
 * Resolves to the inode number of each entry when everything is safe on disk.
 */
export async function importTree(
  client: CephFsClient,
  entries: readonly LocalEntry[],
  options: ImportOptions,
): Promise<Float64Array> {
  const { inFlight = 64, onProgress = () => undefined, latency } = options;
  const inos = new Float64Array(entries.length);
  const children: number[][] = entries.map(() => []);
  const unfinished = entries.map(() => 0);
  const links: number[] = [];
  entries.forEach((entry, position) => {
    if (entry.parent < 0) return;
    (unfinished[entry.parent] as number)++;
    if (entry.linkOf !== undefined) links.push(position);
    else (children[entry.parent] as number[]).push(position);
  });

  let done = 0;
  async function timed<T>(kind: string, operation: Promise<T>): Promise<T> {
    const start = performance.now();
    const result = await operation;
    latency?.add(kind, start, performance.now());
    return result;
  }

  async function setAttributes(position: number, attrs: ClientAttrs): Promise<void> {
    const entry = entries[position] as LocalEntry;
    const ino = inos[position] as number;
    // a change of size sets the time to now, so the time comes last
    if (attrs.size !== undefined) await timed('truncate', client.setattr(ino, { size: attrs.size }));
    const { size: _, ...rest } = attrs;
    for (const [name, value] of entry.xattrs) await timed('setxattr', client.setxattr(ino, name, value));
    await timed('setattr', client.setattr(ino, rest));
  }

  function finalAttributes(entry: LocalEntry): ClientAttrs {
    const attrs: ClientAttrs = { mtime: entry.mtime };
    if (entry.uid !== CHOWN_ROOT || entry.gid !== CHOWN_ROOT) Object.assign(attrs, { uid: entry.uid, gid: entry.gid });
    if (isDirectory(entry.mode)) attrs.mode = entry.mode & 0o7777;
    else if (entry.size > 0) attrs.size = entry.size;
    return attrs;
  }

  async function make(position: number): Promise<void> {
    const entry = entries[position] as LocalEntry;
    const dir = entry.parent < 0 ? options.into : (inos[entry.parent] as number);
    const name = entry.parent < 0 ? options.name : entry.name;
    const mode = entry.mode & 0o7777;
    if (entry.linkOf !== undefined) {
      inos[position] = inos[entry.linkOf] as number;
      await timed('link', client.link(inos[position] as number, dir, name));
    } else if (isDirectory(entry.mode)) {
      // children are still to come, so nobody may be kept out yet
      inos[position] = (await timed('mkdir', client.mkdir(dir, name, { mode: mode | 0o700 }))).ino;
      return;
    } else {
      let made;
      if (isSymlink(entry.mode)) made = await timed('symlink', client.symlink(dir, name, entry.target ?? ''));
      else if ((entry.mode & 0o170000) === 0o100000) made = await timed('create', client.create(dir, name, { mode }));
      else made = await timed('mknod', client.mknod(dir, name, { mode: entry.mode, rdev: entry.rdev }));
      inos[position] = made.ino;
      await setAttributes(position, finalAttributes(entry));
    }
    finished(position);
  }

  function finished(position: number): void {
    onProgress(++done);
    const parent = (entries[position] as LocalEntry).parent;
    if (parent >= 0 && --(unfinished[parent] as number) === 0) ready.push({ position: parent, closing: true });
  }

  const ready: { position: number; closing: boolean }[] = [{ position: 0, closing: false }];
  let running = 0;
  let linksQueued = false;
  await new Promise<void>((resolve, reject) => {
    let failed = false;
    const fail = (error: unknown): void => {
      failed = true;
      reject(error as Error);
    };
    function pump(): void {
      while (!failed && running < inFlight && ready.length > 0) {
        const { position, closing } = ready.pop() as { position: number; closing: boolean };
        running++;
        run(position, closing).then(() => {
          running--;
          pump();
        }, fail);
      }
      if (failed || running > 0 || ready.length > 0) return;
      // a hard link may name any entry, so links come when everything else is there
      if (!linksQueued && links.length > 0) {
        linksQueued = true;
        for (const position of links) ready.push({ position, closing: false });
        pump();
      } else resolve();
    }
    async function run(position: number, closing: boolean): Promise<void> {
      const entry = entries[position] as LocalEntry;
      if (closing) {
        await setAttributes(position, finalAttributes(entry));
        finished(position);
        return;
      }
      await make(position);
      if (!isDirectory(entry.mode) || entry.linkOf !== undefined) return;
      const list = children[position] as number[];
      for (const child of list) ready.push({ position: child, closing: false });
      if (list.length === 0 && unfinished[position] === 0) ready.push({ position, closing: true });
    }
    pump();
  });
  await timed('sync', client.sync());
  return inos;
}
