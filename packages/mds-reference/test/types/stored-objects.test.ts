// Objects that a real MDS left in its pools: ceph-objects, where they lie beside the checkout (../shared/ceph-objects).
import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Decoder, Encoder } from '@cephts/encoding';
import {
  Anchor,
  CEPH_FS_ONDISK_MAGIC,
  Fnode,
  InodeBacktrace,
  InodeStore,
  SessionInfo,
  decodeDentryValue,
  encodeDentryValue,
} from '../../src/types/index.js';

const folder = fileURLToPath(new URL('../../../../../shared/ceph-objects', import.meta.url));

const recode: Record<string, (bytes: Uint8Array, e: Encoder) => void> = {
  '1.00000000.inode': (bytes, e) => {
    const d = new Decoder(bytes, 'root inode');
    const magic = d.string();
    expect(magic).toBe(CEPH_FS_ONDISK_MAGIC);
    const store = InodeStore.decode(d);
    d.expectEnd();
    expect(store.inode.ino).toBe(1);
    e.string(magic);
    store.encode(e);
  },
  dn: (bytes, e) => {
    encodeDentryValue(e, decodeDentryValue(bytes));
  },
  fnode: (bytes, e) => {
    Fnode.decode(new Decoder(bytes)).encode(e);
  },
  ofv: (bytes, e) => {
    const d = new Decoder(bytes);
    Anchor.decode(d).encode(e);
    // The open file table writes one more count after each anchor.
    e.u32(d.u32());
    d.expectEnd();
  },
  parent: (bytes, e) => {
    InodeBacktrace.decode(new Decoder(bytes)).encode(e);
  },
  smv: (bytes, e) => {
    SessionInfo.decode(new Decoder(bytes)).encode(e);
  },
};

describe('objects of a real metadata pool', () => {
  if (!existsSync(folder)) {
    it(`are not at ${folder}: nothing to compare with`, () => {
      expect(existsSync(folder)).toBe(false);
    });
    return;
  }
  for (const [name, run] of Object.entries(recode)) {
    it(`${name} decodes and encodes to the same bytes`, () => {
      const bytes = new Uint8Array(readFileSync(`${folder}/${name}`));
      const e = new Encoder(16);
      run(bytes, e);
      expect(Buffer.from(e.view()).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
    });
  }
});
