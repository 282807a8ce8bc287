import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

import { crc32c } from '@node-rs/crc32';

import { decodeText, encodeText } from '@cephts/encoding';

/** What the demo stores beside a file's attributes: a fingerprint of its bytes, since file data is not an MDS's business. */
export const FINGERPRINT_XATTR = 'user.cephts.crc32c';

/** One entry of a local tree, with everything the demo imports and compares. */
export interface LocalEntry {
  name: string;
  /** Position of the parent in the list; -1 for the root. Parents come before their children. */
  parent: number;
  /** st_mode, type bits included. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtime: { sec: number; nsec: number };
  rdev: number;
  /** Target of a symbolic link. */
  target?: string;
  /** Position of the entry this one is a hard link to. */
  linkOf?: number;
  xattrs: Map<string, Uint8Array>;
}

/** Files up to this many bytes are read at once. */
const WHOLE_FILE = 1 << 20;

const SEPARATOR = Buffer.from('/');
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;

export const isDirectory = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
export const isRegular = (mode: number): boolean => (mode & S_IFMT) === S_IFREG;
export const isSymlink = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;

async function fingerprint(file: Buffer, size: number): Promise<Uint8Array> {
  let crc: number | undefined;
  if (size <= WHOLE_FILE) crc = crc32c(await readFile(file));
  else for await (const chunk of createReadStream(file, { highWaterMark: WHOLE_FILE })) crc = crc32c(chunk as Buffer, crc);
  return encodeText((crc ?? 0).toString(16).padStart(8, '0'));
}

/** User xattrs of a whole tree by absolute path, through the `getfattr` command where there is one; Node has no call for them. */
function sourceXattrs(root: string): Promise<Map<string, Map<string, Uint8Array>>> {
  const args = [
    '--recursive',
    '--physical',
    '--no-dereference',
    '--dump',
    '--match=^user\\.',
    '--encoding=hex',
    '--absolute-names',
    root,
  ];
  return new Promise((resolve) => {
    execFile('getfattr', args, { maxBuffer: 1 << 30 }, (_error, stdout) => {
      const all = new Map<string, Map<string, Uint8Array>>();
      let current: Map<string, Uint8Array> | undefined;
      for (const line of String(stdout).split('\n')) {
        if (line.startsWith('# file: ')) all.set(line.slice(8), (current = new Map()));
        const equals = line.indexOf('=0x');
        if (current && equals > 0) current.set(line.slice(0, equals), Buffer.from(line.slice(equals + 3), 'hex'));
      }
      resolve(all);
    });
  });
}

/**
 * Reads a local tree: names, types, modes, owners, sizes, times, link targets, hard links, xattrs, and a fingerprint of each file's bytes.
 * What vanishes while it is read is left out.
 *
 * @param onProgress called with the number of entries so far
 */
export async function readLocalTree(root: string, onProgress: (entries: number) => void = () => undefined): Promise<LocalEntry[]> {
  const entries: LocalEntry[] = [];
  const linked = new Map<string, number>();
  const xattrs = await sourceXattrs(path.resolve(root));

  // names are bytes, so paths are kept as bytes
  async function add(file: Buffer, name: string, parent: number): Promise<void> {
    const st = await lstat(file, { bigint: true }).catch(() => undefined);
    if (!st) return;
    const mode = Number(st.mode);
    const entry: LocalEntry = {
      name,
      parent,
      mode,
      uid: Number(st.uid),
      gid: Number(st.gid),
      size: isRegular(mode) ? Number(st.size) : 0,
      mtime: { sec: Number(st.mtimeNs / 1_000_000_000n), nsec: Number(st.mtimeNs % 1_000_000_000n) },
      rdev: Number(st.rdev),
      xattrs: new Map(xattrs.get(decodeText(file))),
    };
    if (isSymlink(mode)) entry.target = decodeText(await readlink(file, { encoding: 'buffer' }));
    if (isRegular(mode)) {
      const known = st.nlink > 1n ? linked.get(`${st.dev}:${st.ino}`) : undefined;
      if (known !== undefined) entry.linkOf = known;
      else entry.xattrs.set(FINGERPRINT_XATTR, await fingerprint(file, entry.size));
    }
    const position = entries.push(entry) - 1;
    if (isRegular(mode) && st.nlink > 1n && entry.linkOf === undefined) linked.set(`${st.dev}:${st.ino}`, position);
    onProgress(entries.length);
    if (!isDirectory(mode)) return;
    const children = await readdir(file, { encoding: 'buffer' }).catch(() => []);
    for (const child of children.sort(Buffer.compare))
      await add(Buffer.concat([file, SEPARATOR, child]), decodeText(child), position);
  }

  await add(Buffer.from(path.resolve(root)), '', -1);
  return entries;
}
