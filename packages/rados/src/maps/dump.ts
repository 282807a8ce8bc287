import { compareText } from '@cephts/encoding';
import type { CompatSet, EntityAddr, EntityAddrVec, FeatureBitset, FeatureSet, UTime } from '@cephts/encoding';

// How Ceph's tools show the parts that maps have in common as JSON.

/** `127.0.0.1:6789`, `[::1]:6789`. */
function hostPort(addr: EntityAddr): string {
  return addr.isIpv6() ? `[${addr.ip}]:${addr.port}` : addr.isIp() ? `${addr.ip}:${addr.port}` : '(unrecognized address family 0)';
}

function typeName(addr: EntityAddr): string {
  return ['none', 'v1', 'v2', 'any', 'cidr'][addr.type] ?? '???';
}

export function dumpAddr(addr: EntityAddr): Record<string, unknown> {
  return { type: typeName(addr), addr: hostPort(addr), nonce: addr.nonce };
}

/** An address vector as Ceph shows it in JSON. */
export function dumpAddrVec(vec: EntityAddrVec): { addrvec: Record<string, unknown>[] } {
  return { addrvec: vec.addrs.map(dumpAddr) };
}

/** The one address that releases before Nautilus knew: no type before it. */
export function legacyString(vec: EntityAddrVec): string {
  const addr = vec.legacyOrFrontAddr();
  return `${hostPort(addr)}/${addr.nonce}`;
}

function dumpFeatureSet(set: FeatureSet): Record<string, string> {
  return Object.fromEntries([...set.names].sort(([a], [b]) => a - b).map(([id, name]) => [`feature_${id}`, name]));
}

export function dumpCompat({ compat, roCompat, incompat }: CompatSet): Record<string, unknown> {
  return { compat: dumpFeatureSet(compat), ro_compat: dumpFeatureSet(roCompat), incompat: dumpFeatureSet(incompat) };
}

/** Names of CephFS features by bit. @see src/mds/cephfs_features.cc (16.2.15) */
const CEPHFS_FEATURES: readonly string[] = [
  ...['reserved', 'reserved', 'reserved', 'reserved', 'reserved'],
  ...['jewel', 'kraken', 'luminous', 'mimic', 'reply_encoding', 'reclaim_client', 'lazy_caps_wanted', 'multi_reconnect'],
  ...['deleg_ino', 'metric_collect', 'alternate_name', 'notify_session_state', 'op_getvxattr', '32bits_retry_fwd'],
];

export function dumpCephfsFeatures(features: FeatureBitset): Record<string, string> {
  return Object.fromEntries(features.bits().map((bit) => [`feature_${bit}`, CEPHFS_FEATURES[bit] ?? 'unknown']));
}

/** A stamp as some maps have it: `2026-01-01T00:00:00.000000Z`. */
export function gmtime(stamp: UTime): string {
  return stamp.toString().replace(/\+0000$/, 'Z');
}

/** Texts of a map, by key. */
export function dumpTextMap(map: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...map].sort(([a], [b]) => compareText(a, b)));
}

/** Releases by number. @see src/common/ceph_releases.cc (16.2.15) */
const RELEASES: readonly string[] = [
  ...['unknown', 'argonaut', 'bobtail', 'cuttlefish', 'dumpling', 'emperor', 'firefly', 'giant', 'hammer', 'infernalis'],
  ...['jewel', 'kraken', 'luminous', 'mimic', 'nautilus', 'octopus', 'pacific', 'quincy', 'reef', 'squid', 'tentacle'],
];

/** The name of a release by its number, as in `'pacific'`; 'unknown' for one this library has not heard of. */
export function releaseName(release: number): string {
  return RELEASES[release] ?? 'unknown';
}

/** With 17 digits, as C++ streams print a double that must be read back as it was. */
function doubleText(value: number): string {
  const [digits, exponent] = value.toExponential(16).split('e') as [string, string];
  const power = Number(exponent);
  const trim = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  if (power >= -4 && power < 17) return trim(value.toFixed(16 - power));
  return `${trim(digits)}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/**
 * JSON as Ceph writes it: 64-bit integers in full, where they come as bigint, and fractions with 17 digits.
 *
 * @param indent spaces for each level; 0 for one line
 */
export function toJson(value: unknown, indent = 0): string {
  const numbers: string[] = [];
  // no text of a map holds these
  const mark = (text: string): string => `\u0000${numbers.push(text) - 1}\u0000`;
  const marked = JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === 'bigint') return mark(String(item));
      return typeof item === 'number' && Number.isFinite(item) && !Number.isInteger(item) ? mark(doubleText(item)) : item;
    },
    indent,
  );
  return marked.replaceAll(/"\\u0000(\d+)\\u0000"/g, (_, at: string) => numbers[Number(at)] as string);
}
