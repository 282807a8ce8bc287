import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { Decoder, Encoder, UTime } from '@cephts/encoding';
import type { ObjectImage } from '../../src/store/object-image.js';
import { Fnode } from '../../src/types/fnode.js';
import { InodeBacktrace } from '../../src/types/inode-backtrace.js';
import { decodeDentryValue, encodeDentryValue } from '../../src/types/dentry-value.js';
import type { Inode } from '../../src/types/inode.js';
import { InodeStore } from '../../src/types/inode-store.js';
import { CacheKit } from './cache-kit.js';

const folder = fileURLToPath(new URL('../../../../../shared/ceph-objects', import.meta.url));
const NOW = UTime.fromMillis(1_600_000_000_000);

function object(kit: CacheKit, name: string, pool = 2): ObjectImage {
  for (const [key, image] of kit.objects)
    if (key.includes(name) && key.includes(String(pool)) && new RegExp(`(^|[^0-9a-f])${name}$`).test(key)) return image;
  throw new Error(`no object ${name} in ${[...kit.objects.keys()].join(' ')}`);
}

/** The same with all times alike. */
function timeless(inode: Inode): void {
  for (const key of ['ctime', 'mtime', 'atime', 'btime'] as const) inode[key] = NOW;
  inode.rstat.rctime = NOW;
  inode.accountedRstat.rctime = NOW;
  inode.dirstat.mtime = NOW;
}

describe('the directories of a new file system', () => {
  it('are stored under the names and with the attributes Ceph gives them', async () => {
    const kit = await new CacheKit().create();
    const names = [...kit.objects.keys()].join(' ');
    for (const name of ['1.00000000.inode', '1.00000000', '100.00000000.inode', '100.00000000', '600.00000000', '609.00000000']) {
      expect(names).toContain(name);
    }
    const mydir = object(kit, '100.00000000');
    expect([...mydir.omap.keys()]).toEqual(Array.from({ length: 10 }, (_, i) => `stray${i}_head`));
    const parent = InodeBacktrace.decode(new Decoder(object(kit, '603.00000000').xattrs.get('parent') as Uint8Array));
    expect(parent).toMatchObject({ ino: 0x603, pool: 2, ancestors: [{ dirino: 0x100, dname: 'stray3' }] });
    const fnode = Fnode.decode(new Decoder(mydir.omapHeader));
    expect(fnode.fragstat.nsubdirs).toBe(10);
    expect(fnode.rstat.rsubdirs).toBe(10);
  });

  it('have the sizes of those a real MDS makes', async () => {
    const kit = await new CacheKit().create();
    expect(object(kit, '1.00000000').omapHeader.length).toBe(274);
    expect(object(kit, '600.00000000').omapHeader.length).toBe(274);
    expect(object(kit, '1.00000000').xattrs.get('parent')?.length).toBe(30);
    expect(object(kit, '1.00000000').xattrs.get('layout')?.length).toBe(30);
    expect(object(kit, '605.00000000').xattrs.get('parent')?.length).toBe(62);
    const values = [...object(kit, '100.00000000').omap].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    expect(values).toBeGreaterThan(4500);
  });

  if (!existsSync(folder)) {
    it(`can't be compared with a real one: there is no ${folder}`, () => {
      expect(existsSync(folder)).toBe(false);
    });
    return;
  }

  const recode = (bytes: Uint8Array, like: InodeStore): Uint8Array => {
    const d = new Decoder(bytes);
    const magic = d.string();
    const store = InodeStore.decode(d);
    // what was decoded is not to be changed
    store.inode = store.inode.clone();
    // the test's pool, and what was made in the real root since; it had a snapshot, too, for a while
    store.oldestSnap = like.oldestSnap;
    store.inode.layout = like.inode.layout;
    for (const key of ['dirstat', 'rstat', 'accountedRstat'] as const) store.inode[key].assign(like.inode[key] as never);
    store.inode.version = like.inode.version;
    store.inode.backtraceVersion = like.inode.backtraceVersion;
    store.inode.changeAttr = like.inode.changeAttr;
    timeless(store.inode);
    const e = new Encoder();
    e.string(magic);
    store.encode(e);
    return e.toBytes();
  };

  it('have the root inode of a real one, byte by byte but for times and what was made in it', async () => {
    const kit = await new CacheKit().create();
    const own = object(kit, '1.00000000.inode').data;
    const d = new Decoder(own);
    d.string();
    const like = InodeStore.decode(d);
    const real = new Uint8Array(readFileSync(`${folder}/1.00000000.inode`));
    expect(own.length).toBe(real.length);
    expect(recode(real, like)).toEqual(recode(own, like));
  });

  it('take over what a real one has stored, and store the same', async () => {
    const kit = await new CacheKit().create();
    const bytes = new Uint8Array(readFileSync(`${folder}/dn`));
    const value = decodeDentryValue(bytes);
    if (value.kind !== 'primary') throw new Error('expected a primary dentry');
    const inode = kit.cache.newInode(undefined, value.first);
    inode.takeStore(value.store);
    const e = new Encoder();
    encodeDentryValue(e, { ...value, store: inode.toStore() });
    expect(e.toBytes()).toEqual(bytes);
  });
});
