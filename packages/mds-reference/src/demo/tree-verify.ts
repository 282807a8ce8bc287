import { Buffer } from 'node:buffer';

import type { CephFsClient } from '../client/ceph-fs-client.js';
import type { ClientStat } from '../client/client-types.js';

import type { LatencyBook } from './latency.js';
import { isDirectory } from './local-tree.js';
import type { LocalEntry } from './local-tree.js';

/** One difference between what was imported and what is there. */
export interface Difference {
  path: string;
  what: string;
  expected: string;
  found: string;
}

/** Result of {@link verifyTree}. */
export interface Verification {
  /** Entries compared. */
  compared: number;
  differences: Difference[];
}

const show = (bytes: Uint8Array | undefined): string => (bytes ? Buffer.from(bytes).toString('hex') : 'nothing');

/** Attributes of one entry that differ from what they should be. */
export function compareEntry(expected: LocalEntry, nlink: number | undefined, found: ClientStat): Omit<Difference, 'path'>[] {
  const out: Omit<Difference, 'path'>[] = [];
  const check = (what: string, want: string | number, got: string | number): void => {
    if (want !== got) out.push({ what, expected: String(want), found: String(got) });
  };
  check('mode', expected.mode.toString(8), found.mode.toString(8));
  check('uid', expected.uid, found.uid);
  check('gid', expected.gid, found.gid);
  check('mtime', `${expected.mtime.sec}.${expected.mtime.nsec}`, `${found.mtime.sec}.${found.mtime.nsec}`);
  if (!isDirectory(expected.mode)) {
    check('size', expected.size, expected.target === undefined ? found.size : 0);
    check('target', expected.target ?? '', found.symlink ?? '');
    if (nlink !== undefined) check('links', nlink, found.nlink);
  }
  for (const name of new Set([...expected.xattrs.keys(), ...found.xattrs.keys()]))
    check(`xattr ${name}`, show(expected.xattrs.get(name)), show(found.xattrs.get(name)));
  return out;
}

/** Options of {@link verifyTree}. */
export interface VerifyOptions {
  into: number;
  name: string;
  /** Directories listed at once. @defaultValue 16 */
  inFlight?: number;
  onProgress?: (compared: number) => void;
  latency?: LatencyBook;
}

/** Reads a tree back through a client, entry by entry, and compares names, types, modes, owners, sizes, times, targets, links and xattrs. */
export async function verifyTree(
  client: CephFsClient,
  entries: readonly LocalEntry[],
  options: VerifyOptions,
): Promise<Verification> {
  const { inFlight = 16, onProgress = () => undefined, latency } = options;
  const children: Map<string, number>[] = entries.map(() => new Map());
  const nlinks = new Map<number, number>();
  entries.forEach((entry, position) => {
    if (entry.parent >= 0) (children[entry.parent] as Map<string, number>).set(entry.name, position);
    const first = entry.linkOf ?? position;
    nlinks.set(first, (nlinks.get(first) ?? 0) + 1);
  });
  const result: Verification = { compared: 0, differences: [] };

  function compare(position: number, path: string, found: ClientStat): void {
    const entry = entries[position] as LocalEntry;
    const original = entry.linkOf === undefined ? entry : { ...(entries[entry.linkOf] as LocalEntry), name: entry.name };
    for (const difference of compareEntry(original, nlinks.get(entry.linkOf ?? position), found))
      result.differences.push({ path, ...difference });
    onProgress(++result.compared);
  }

  const root = await client.lookup(options.into, options.name);
  compare(0, `/${options.name}`, root);
  const pending: { position: number; ino: number; path: string }[] = [{ position: 0, ino: root.ino, path: `/${options.name}` }];

  async function list({ position, ino, path }: { position: number; ino: number; path: string }): Promise<void> {
    const expected = children[position] as Map<string, number>;
    let left = expected.size;
    const start = performance.now();
    for await (const { name, stat } of client.readdir(ino)) {
      const child = expected.get(name);
      if (child === undefined) {
        result.differences.push({ path: `${path}/${name}`, what: 'entry', expected: 'nothing', found: 'an entry' });
        continue;
      }
      left--;
      compare(child, `${path}/${name}`, stat);
      if (isDirectory((entries[child] as LocalEntry).mode))
        pending.push({ position: child, ino: stat.ino, path: `${path}/${name}` });
    }
    latency?.add('readdir', start, performance.now());
    if (left > 0)
      result.differences.push({ path, what: 'entries', expected: String(expected.size), found: String(expected.size - left) });
  }

  while (pending.length > 0) await Promise.all(pending.splice(0, inFlight).map(list));
  return result;
}
