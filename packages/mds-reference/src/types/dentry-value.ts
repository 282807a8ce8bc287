import type { Encoder } from '@cephts/encoding';
import { CEPH_FEATURES_ALL, Decoder } from '@cephts/encoding';
import { InodeStore } from './inode-store.js';

const PRIMARY = 0x69; // 'i'
const REMOTE = 0x6c; // 'l'
const OLD_PRIMARY = 0x49; // 'I'
const OLD_REMOTE = 0x4c; // 'L'

/** An entry that holds its inode. */
export interface PrimaryDentryValue {
  kind: 'primary';
  /** First snapshot it is in. */
  first: bigint;
  alternateName: string;
  store: InodeStore;
}

/** A further link to an inode that is stored elsewhere. */
export interface RemoteDentryValue {
  kind: 'remote';
  first: bigint;
  alternateName: string;
  ino: number;
  dType: number;
}

/** omap value of a directory's entry. */
export type DentryValue = PrimaryDentryValue | RemoteDentryValue;

/** @see src/mds/CDir.cc _encode_dentry (16.2.15) */
export function encodePrimaryDentry(
  e: Encoder,
  first: bigint,
  alternateName: string,
  store: InodeStore,
  features: bigint = CEPH_FEATURES_ALL,
): void {
  e.u64big(first).u8(PRIMARY);
  const mark = e.start(2, 1);
  e.string(alternateName);
  store.encode(e, features);
  e.finish(mark);
}

export function encodeRemoteDentry(e: Encoder, first: bigint, alternateName: string, ino: number, dType: number): void {
  e.u64big(first).u8(REMOTE);
  const mark = e.start(2, 1);
  e.u64(ino).u8(dType).string(alternateName);
  e.finish(mark);
}

export function encodeDentryValue(e: Encoder, value: DentryValue, features: bigint = CEPH_FEATURES_ALL): void {
  if (value.kind === 'primary') encodePrimaryDentry(e, value.first, value.alternateName, value.store, features);
  else encodeRemoteDentry(e, value.first, value.alternateName, value.ino, value.dType);
}

/**
 * Reads what 16.2.15 writes and the older forms without an envelope.
 * @throws DecodeError
 */
export function decodeDentryValue(bytes: Uint8Array): DentryValue {
  return readDentryValue(new Decoder(bytes, 'dentry'));
}

export function readDentryValue(d: Decoder): DentryValue {
  const first = d.u64big();
  const at = d.offset;
  const type = d.u8();
  switch (type) {
    case PRIMARY: {
      const frame = d.start(2, 'primary');
      const alternateName = frame.version >= 2 ? d.string() : '';
      const store = InodeStore.decode(d);
      d.finish(frame, 'primary');
      return { kind: 'primary', first, alternateName, store };
    }
    case REMOTE: {
      const frame = d.start(2, 'remote');
      const ino = d.u64();
      const dType = d.u8();
      const alternateName = frame.version >= 2 ? d.string() : '';
      d.finish(frame, 'remote');
      return { kind: 'remote', first, alternateName, ino, dType };
    }
    case OLD_PRIMARY:
      return { kind: 'primary', first, alternateName: '', store: InodeStore.decodeBare(d) };
    case OLD_REMOTE: {
      const ino = d.u64();
      return { kind: 'remote', first, alternateName: '', ino, dType: d.u8() };
    }
    default:
      throw d.error(`dentry type 0x${type.toString(16)}`, at);
  }
}
