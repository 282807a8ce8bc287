import { chmod, link, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { compareEntry } from '../../src/demo/tree-verify.js';
import { FINGERPRINT_XATTR, isDirectory, readLocalTree } from '../../src/demo/local-tree.js';
import type { LocalEntry } from '../../src/demo/local-tree.js';

describe('readLocalTree', () => {
  let dir: string;
  let entries: LocalEntry[];
  const named = (name: string): LocalEntry => entries.find((entry) => entry.name === name) as LocalEntry;

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'cephts-tree-'));
    await mkdir(path.join(dir, 'sub'));
    await writeFile(path.join(dir, 'sub', 'file'), '123456789');
    await chmod(path.join(dir, 'sub', 'file'), 0o640);
    await utimes(path.join(dir, 'sub', 'file'), 1_700_000_000, 1_700_000_000.25);
    await link(path.join(dir, 'sub', 'file'), path.join(dir, 'zz-link'));
    await symlink('sub/file', path.join(dir, 'sym'));
    await writeFile(Buffer.concat([Buffer.from(dir), Buffer.from('/bad-\xff', 'latin1')]), '');
    entries = await readLocalTree(dir);
  });

  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('lists parents before their children', () => {
    expect(entries[0]).toMatchObject({ name: '', parent: -1 });
    entries.forEach((entry, position) => expect(entry.parent).toBeLessThan(position));
    expect(isDirectory(named('sub').mode)).toBe(true);
  });

  it('reads mode, size and time to the nanosecond', () => {
    expect(named('file')).toMatchObject({ mode: 0o100640, size: 9, mtime: { sec: 1_700_000_000, nsec: 250_000_000 } });
  });

  it('keeps the CRC-32C of a file beside it', () => {
    expect(new TextDecoder().decode(named('file').xattrs.get(FINGERPRINT_XATTR))).toBe('e3069283');
  });

  it('finds hard links and the targets of symbolic ones', () => {
    expect(named('zz-link').linkOf).toBe(entries.indexOf(named('file')));
    expect(named('sym').target).toBe('sub/file');
  });

  it('keeps a name that is no UTF-8', () => {
    expect(named('bad-\udcff')).toBeDefined();
  });

  it('tells every attribute that differs', () => {
    const entry = named('file');
    const stat = {
      ino: 1,
      nlink: 2,
      uid: entry.uid,
      gid: entry.gid,
      rdev: 0,
      symlink: undefined,
      mode: entry.mode,
      size: 9,
      mtime: entry.mtime,
    };
    const times = { atime: entry.mtime, ctime: entry.mtime, btime: entry.mtime };
    expect(compareEntry(entry, 2, { ...stat, ...times, xattrs: entry.xattrs })).toEqual([]);
    const other = { ...stat, ...times, xattrs: new Map(), mode: 0o100600, size: 8, nlink: 1, mtime: { sec: 1, nsec: 0 } };
    expect(compareEntry(entry, 2, other).map(({ what }) => what)).toEqual([
      'mode',
      'mtime',
      'size',
      'links',
      `xattr ${FINGERPRINT_XATTR}`,
    ]);
  });
});
