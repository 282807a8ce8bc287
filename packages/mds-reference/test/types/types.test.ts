import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecodeError, Decoder, Encoder, FileLayout, FragTree, UTime } from '@cephts/encoding';
import {
  MDSMap,
  MDS_STATE_ACTIVE,
  MDS_STATE_CREATING,
  MDS_STATE_RECONNECT,
  MDS_STATE_REJOIN,
  MDS_STATE_REPLAY,
  MdsInfo,
  mdsCompatSetAll,
} from '@cephts/rados';
import {
  CEPH_CAP_ANY,
  CEPH_NOSNAP,
  ClientWriteableRange,
  Fnode,
  FragInfo,
  Inode,
  InodeStore,
  OldInode,
  SnapRealmNode,
  capString,
  decodeDentryValue,
  dentryKey,
  encodeDentryValue,
  mdsInoIsStray,
  mdsInoStray,
  mdsInoStrayIndex,
  mdsInoStrayOwner,
  parseDentryKey,
} from '../../src/types/index.js';

function bytesOf(value: { encode(e: Encoder): unknown }): Uint8Array {
  const e = new Encoder(8);
  value.encode(e);
  return e.toBytes();
}

const safe = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const stamp = fc.tuple(fc.nat(), fc.nat({ max: 999_999_999 })).map(([sec, nsec]) => new UTime(sec, nsec));

const inodes = fc
  .record({
    ino: safe,
    mode: fc.constantFrom(0o100644, 0o040755, 0o120777),
    size: safe,
    ctime: stamp,
    truncateSize: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    strayPriorPath: fc.string({ unit: 'grapheme' }),
    ranges: fc.array(fc.tuple(fc.nat(), safe)),
    pools: fc.uniqueArray(fc.nat()),
  })
  .map(({ ranges, pools, ...fields }) => {
    const inode = Object.assign(new Inode(), fields);
    inode.clientRanges = new Map(ranges.map(([client, last]) => [client, new ClientWriteableRange(0, last, 0n)]));
    inode.oldPools = pools.sort((a, b) => a - b);
    inode.layout = FileLayout.default(2);
    return inode;
  });

describe('Inode', () => {
  it('comes back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(inodes, (inode) => {
        const bytes = bytesOf(inode);
        const again = Inode.decode(new Decoder(bytes));
        expect(Buffer.compare(bytesOf(again), bytes)).toBe(0);
        expect(again.ino).toBe(inode.ino);
        expect(again.strayPriorPath).toBe(inode.strayPriorPath);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('is 429 bytes when it is new, as in Ceph', () => {
    expect(bytesOf(new Inode()).length - 6).toBe(429);
  });

  it('has a clone that changes alone', () => {
    const inode = new Inode();
    const copy = inode.clone();
    copy.dirstat.nfiles = 5;
    copy.size = 7;
    expect([inode.dirstat.nfiles, inode.size]).toEqual([0, 0]);
    expect(Object.keys(copy)).toEqual(Object.keys(inode));
  });

  it('skips what a newer version added', () => {
    const e = new Encoder();
    const whole = bytesOf(new Inode());
    e.struct(21, 6, (e) => e.raw(whole.subarray(6)).string('from the future'));
    e.u8(42);
    const d = new Decoder(e.toBytes());
    expect(Inode.decode(d).ino).toBe(0);
    expect(d.u8()).toBe(42);
  });

  it('refuses a version whose writer says that this decoder is too old', () => {
    const bytes = bytesOf(new Inode());
    bytes[0] = 30;
    bytes[1] = 25;
    expect(() => Inode.decode(new Decoder(bytes))).toThrow(DecodeError);
  });

  it('keeps the size before a truncation and counts it as pending', () => {
    const inode = new Inode();
    inode.truncate(100, 10);
    expect([inode.size, inode.maxSizeEver, inode.truncateFrom, inode.truncateSize, inode.truncatePending]).toEqual([
      10,
      100,
      100n,
      10n,
      1,
    ]);
  });
});

describe('any stored object', () => {
  it('cut or changed anywhere, decodes or gives a DecodeError with type and offset', () => {
    const store = new InodeStore();
    store.inode.mode = 0o120777;
    store.symlink = 'target';
    store.xattrs.set('user.a', new Uint8Array([1, 2, 3]));
    const old = new OldInode();
    old.xattrs.set('user.b', new Uint8Array([4]));
    store.oldInodes.set(2n, old);
    const fragtree = new FragTree();
    fragtree.split(0, 3);
    store.dirfragtree = fragtree;
    const bytes = bytesOf(store);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length }), fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (length, at, value) => {
        const broken = bytes.slice(0, length);
        if (at < length) broken[at] = value;
        try {
          InodeStore.decode(new Decoder(broken, 'inode'));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          expect((error as DecodeError).type).toMatch(/^inode > /);
          expect((error as DecodeError).offset).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});

describe('dentry values', () => {
  it('hold an inode or point to one', () => {
    const store = new InodeStore();
    store.inode.ino = 0x10000000000;
    for (const value of [
      { kind: 'primary', first: 2n, alternateName: 'other', store } as const,
      { kind: 'remote', first: 2n, alternateName: '', ino: 0x10000000000, dType: 8 } as const,
    ]) {
      const e = new Encoder(8);
      encodeDentryValue(e, value);
      expect(decodeDentryValue(e.toBytes())).toEqual(value);
    }
  });

  it('of old releases have no envelope', () => {
    const e = new Encoder();
    e.u64big(2n).u8(0x4c).u64(5).u8(8);
    expect(decodeDentryValue(e.toBytes())).toEqual({ kind: 'remote', first: 2n, alternateName: '', ino: 5, dType: 8 });
  });

  it('have keys that say up to which snapshot they are', () => {
    expect(dentryKey('a_b', CEPH_NOSNAP)).toBe('a_b_head');
    expect(dentryKey('a_b', 0x1fn)).toBe('a_b_1f');
    expect(parseDentryKey('a_b_head')).toEqual({ name: 'a_b', last: CEPH_NOSNAP });
    expect(parseDentryKey('a_b_1f')).toEqual({ name: 'a_b', last: 0x1fn });
    expect(parseDentryKey('nothing')).toBeUndefined();
  });
});

describe('Fnode', () => {
  it('is 274 bytes when it is new, as in Ceph', () => {
    expect(bytesOf(new Fnode()).length).toBe(274);
  });
});

describe('FragInfo', () => {
  it('adds what is not accounted for yet and says what moved', () => {
    const total = new FragInfo();
    const current = new FragInfo();
    const accounted = new FragInfo();
    current.nfiles = 5;
    accounted.nfiles = 3;
    current.mtime = new UTime(10, 0);
    expect(total.addDelta(current, accounted)).toEqual({ touchedMtime: true, touchedChattr: false });
    expect(total.nfiles).toBe(2);
  });
});

describe('SnapRealmNode', () => {
  it('writes its snapshots in order, however they were added', () => {
    const one = new SnapRealmNode();
    const other = new SnapRealmNode();
    for (const snap of [3n, 1n, 2n]) one.pastParentSnaps.add(snap);
    for (const snap of [1n, 2n, 3n]) other.pastParentSnaps.add(snap);
    expect(Buffer.compare(bytesOf(one), bytesOf(other))).toBe(0);
  });
});

describe('MDSMap', () => {
  it('tells the state of a rank and of who holds it', () => {
    const map = new MDSMap();
    const info = new MdsInfo();
    info.globalId = 4100;
    info.rank = 0;
    info.state = MDS_STATE_ACTIVE;
    info.compat = mdsCompatSetAll();
    map.mdsInfo.set(4100, info);
    map.up.set(0, 4100);
    map.in.add(0);
    const again = MDSMap.decode(new Decoder(bytesOf(map)));
    expect(again.isActive(0)).toBe(true);
    expect(again.getRankGid(4100)).toBe(0);
    expect(again.isDegraded()).toBe(false);
    expect(again.mdsInfo.get(4100)?.compat.compare(mdsCompatSetAll())).toBe(0);
  });

  it('knows which state may follow which', () => {
    expect(MDSMap.stateTransitionValid(MDS_STATE_REPLAY, MDS_STATE_RECONNECT)).toBe(true);
    expect(MDSMap.stateTransitionValid(MDS_STATE_REPLAY, MDS_STATE_ACTIVE)).toBe(false);
    expect(MDSMap.stateTransitionValid(MDS_STATE_REJOIN, MDS_STATE_ACTIVE)).toBe(true);
    expect(MDSMap.stateTransitionValid(MDS_STATE_CREATING, MDS_STATE_ACTIVE)).toBe(true);
  });

  it('sent to who is in no map has the greatest epoch', () => {
    expect(MDSMap.createNullMdsmap().epoch).toBe(0xffffffff);
  });
});

it('caps print as in Ceph’s logs', () => {
  expect(capString(0)).toBe('-');
  expect(capString(CEPH_CAP_ANY)).toBe('pAsxLsxXsxFsxcrwbl');
  expect(capString(0x55)).toBe('pAsLsXs');
});

it('stray folders belong to a rank', () => {
  const ino = mdsInoStray(3, 7);
  expect([mdsInoIsStray(ino), mdsInoStrayOwner(ino), mdsInoStrayIndex(ino)]).toEqual([true, 3, 7]);
});
