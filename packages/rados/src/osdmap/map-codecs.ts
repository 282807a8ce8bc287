import { compareText, EntityAddr, EntityAddrVec, IntervalSet, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';

/** Pieces that full and incremental OSD maps share. Maps are written in the order of their keys, as Ceph's are. */

export function encodeNumbered<V>(
  e: Encoder,
  map: ReadonlyMap<number, V>,
  key: 's32' | 'u64',
  write: (e: Encoder, value: V) => unknown,
): void {
  e.u32(map.size);
  for (const [number, value] of [...map].sort(([a], [b]) => a - b)) {
    e[key](number);
    write(e, value);
  }
}

export function decodeNumbered<V>(d: Decoder, key: 's32' | 'u64', read: (d: Decoder) => V): Map<number, V> {
  return d.map((d) => d[key](), read, 5);
}

export function encodeStrings(e: Encoder, map: ReadonlyMap<string, string>): void {
  e.u32(map.size);
  for (const [key, value] of [...map].sort(([a], [b]) => compareText(a, b))) e.string(key).string(value);
}

export function decodeStrings(d: Decoder): Map<string, string> {
  return d.map(
    (d) => d.string(),
    (d) => d.string(),
    8,
  );
}

export function encodeProfiles(e: Encoder, profiles: ReadonlyMap<string, ReadonlyMap<string, string>>): void {
  e.u32(profiles.size);
  for (const [name, profile] of [...profiles].sort(([a], [b]) => compareText(a, b))) {
    e.string(name);
    encodeStrings(e, profile);
  }
}

export function decodeProfiles(d: Decoder): Map<string, Map<string, string>> {
  return d.map((d) => d.string(), decodeStrings, 8);
}

export function encodeSnapSets(e: Encoder, sets: ReadonlyMap<number, IntervalSet>): void {
  encodeNumbered(e, sets, 'u64', (e, set) => set.encode(e));
}

export function decodeSnapSets(d: Decoder): Map<number, IntervalSet> {
  return decodeNumbered(d, 'u64', IntervalSet.decode);
}

export function encodeAddrs(e: Encoder, addrs: readonly EntityAddrVec[]): void {
  e.u32(addrs.length);
  for (const one of addrs) one.encode(e);
}

export function decodeAddrs(d: Decoder): EntityAddrVec[] {
  return d.list((d) => EntityAddrVec.decode(d), 5);
}

export type Blocklist = Map<string, { addr: EntityAddr; until: UTime }>;

export function encodeBlocklist(e: Encoder, blocklist: Blocklist): void {
  e.u32(blocklist.size);
  for (const { addr, until } of [...blocklist.values()].sort((a, b) => a.addr.compare(b.addr))) {
    addr.encode(e);
    until.encode(e);
  }
}

export function decodeBlocklist(d: Decoder): Blocklist {
  const blocklist: Blocklist = new Map();
  for (let left = d.count(19); left > 0; left--) {
    const addr = EntityAddr.decode(d);
    blocklist.set(String(addr), { addr, until: UTime.decode(d) });
  }
  return blocklist;
}

export function encodeInts(e: Encoder, list: readonly number[]): void {
  e.u32(list.length);
  for (const value of list) e.s32(value);
}

export function decodeInts(d: Decoder): number[] {
  return d.list((d) => d.s32(), 4);
}

/** Pairs, with one count for each two. */
export function encodePairs(e: Encoder, list: readonly number[]): void {
  e.u32(list.length / 2);
  for (const value of list) e.s32(value);
}

export function decodePairs(d: Decoder): number[] {
  return d.list((d) => [d.s32(), d.s32()], 8).flat();
}
