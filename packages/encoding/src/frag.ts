/**
 * frag_t: a part of a directory's name space, `value/bits`: all hashes whose `bits` highest of 24 bits are those of `value`. A plain
 * unsigned 32-bit number: bits in the upper 8, value in the lower 24.
 * @see src/include/ceph_frag.h, src/include/frag.h (16.2.15)
 */
export type Frag = number;

/** The whole name space. */
export const FRAG_ROOT: Frag = 0;

/** The fragment of the hashes whose `bits` highest bits are those of `value`; lower bits of it do not count. */
export function fragMake(bits: number, value: number): Frag {
  return ((bits << 24) | (value & maskOfBits(bits))) >>> 0;
}

function maskOfBits(bits: number): number {
  return bits >= 24 ? 0xffffff : (0xffffff << (24 - bits)) & 0xffffff;
}

/** How many bits of a hash say whether it is in the fragment. */
export function fragBits(frag: Frag): number {
  return frag >>> 24;
}

/** Those bits, the others 0. */
export function fragValue(frag: Frag): number {
  return frag & 0xffffff;
}

/** Which of the 24 bits of a hash count. */
export function fragMask(frag: Frag): number {
  return maskOfBits(fragBits(frag));
}

/** Is a hash of 24 bits in the fragment? */
export function fragContainsValue(frag: Frag, value: number): boolean {
  return (value & fragMask(frag)) === fragValue(frag);
}

/** True where `sub` is `frag` or a part of it. */
export function fragContains(frag: Frag, sub: Frag): boolean {
  return fragBits(sub) >= fragBits(frag) && (fragValue(sub) & fragMask(frag)) === fragValue(frag);
}

/** Is it the whole name space? */
export function fragIsRoot(frag: Frag): boolean {
  return fragBits(frag) === 0;
}

/** @throws RangeError for the root */
export function fragParent(frag: Frag): Frag {
  const bits = fragBits(frag);
  if (bits === 0) throw new RangeError('The root fragment has no parent');
  return fragMake(bits - 1, fragValue(frag));
}

/** The `index`-th of the 2^`by` parts of `frag`. */
export function fragChild(frag: Frag, by: number, index: number): Frag {
  const bits = fragBits(frag) + by;
  return fragMake(bits, fragValue(frag) | (index << (24 - bits)));
}

/** The half with the smaller hashes. */
export function fragLeftChild(frag: Frag): Frag {
  return fragMake(fragBits(frag) + 1, fragValue(frag));
}

/** The half with the larger hashes. */
export function fragRightChild(frag: Frag): Frag {
  return fragMake(fragBits(frag) + 1, fragValue(frag) | (0x1000000 >>> (1 + fragBits(frag))));
}

/** The other half of `frag`'s parent. */
export function fragSibling(frag: Frag): Frag {
  return fragMake(fragBits(frag), fragValue(frag) ^ (0x1000000 >>> fragBits(frag)));
}

/** All 2^`by` parts of `frag`, in order. */
export function fragSplit(frag: Frag, by: number): Frag[] {
  const parts: Frag[] = [];
  for (let i = 0; i < 1 << by; i++) parts.push(fragChild(frag, by, i));
  return parts;
}

/** Does it begin at the smallest hash? */
export function fragIsLeftmost(frag: Frag): boolean {
  return fragValue(frag) === 0;
}

/** Does it end at the largest hash? */
export function fragIsRightmost(frag: Frag): boolean {
  return fragValue(frag) === fragMask(frag);
}

/** The fragment of the same size to the right. @throws RangeError for the rightmost */
export function fragNext(frag: Frag): Frag {
  if (fragIsRightmost(frag)) throw new RangeError(`Nothing is right of ${fragToString(frag)}`);
  return fragMake(fragBits(frag), fragValue(frag) + (0x1000000 >>> fragBits(frag)));
}

/** Order of the name space: by value, then by bits. */
export function fragCompare(a: Frag, b: Frag): number {
  return fragValue(a) - fragValue(b) || fragBits(a) - fragBits(b);
}

/** The fixed bits and a star, as Ceph prints it: `*` is the root, `01*` a quarter. */
export function fragToString(frag: Frag): string {
  const bits = Math.min(fragBits(frag), 24);
  return bits === 0 ? '*' : `${fragValue(frag).toString(2).padStart(24, '0').slice(0, bits)}*`;
}

/** `value/bits` with a hexadecimal value, as admin commands take it; undefined for what is none. */
export function fragParse(text: string): Frag | undefined {
  const match = /^(?:0x)?([0-9a-f]{1,6})\/(\d{1,2})$/i.exec(text);
  return match === null || Number(match[2]) > 24 ? undefined : fragMake(Number(match[2]), parseInt(match[1] as string, 16));
}
