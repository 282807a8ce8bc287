import { Decoder } from '@cephts/encoding';

/** xattrs as they come with a request or a cap flush, sorted by name. @throws DecodeError */
export function decodeXattrs(bytes: Uint8Array): Map<string, Uint8Array> {
  const d = new Decoder(bytes, 'xattrs');
  const pairs: [string, Uint8Array][] = [];
  for (let left = d.count(8); left > 0; left--) {
    const name = d.string();
    pairs.push([name, d.blob().slice()]);
  }
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return new Map(pairs);
}
