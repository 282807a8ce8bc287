const BLOCK = 16;
/** Products of a multiplication in the field: 9 of half words by Karatsuba, each once for its low half and once reversed for its high one. */
const PRODUCTS = 18;

const EVERY_4TH = [0x1111_1111, 0x2222_2222, 0x4444_4444, 0x8888_8888 | 0] as const;

/** One for all: a multiplication is done within one call. */
const factors = new Int32Array(PRODUCTS);
const products = new Int32Array(PRODUCTS);

/**
 * The hash of AES-GCM under one key. It takes the same time whatever it hashes and whatever the key: no table, no branch and no address
 * depends on either. Multiplication without carries is done with the processor's multiplication, on words of which only every fourth bit is
 * set, so that the carries fall into the gaps.
 *
 * @see NIST SP 800-38D, section 6.4
 */
export class Ghash {
  /** The hash: the four words of a block, the first byte first. */
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  /** The factors of the key: four words each, with every fourth bit. */
  readonly #key = new Int32Array(PRODUCTS * 4);

  /** @param h the hash key: a block of zeros, encrypted */
  constructor(h: Uint8Array) {
    spread(readBE(h, 0), readBE(h, 4), readBE(h, 8), readBE(h, 12));
    for (let i = 0; i < PRODUCTS; i++) {
      for (let k = 0; k < 4; k++) this.#key[4 * i + k] = factors[i]! & EVERY_4TH[k]!;
    }
    factors.fill(0);
  }

  /** Hashes `length` bytes, zeros up to a whole block, and their length in bits. */
  hash(b: Uint8Array, at: number, length: number): void {
    this.w0 = this.w1 = this.w2 = this.w3 = 0;
    const end = at + length;
    let i = at;
    for (; i + BLOCK <= end; i += BLOCK) this.#absorb(readBE(b, i), readBE(b, i + 4), readBE(b, i + 8), readBE(b, i + 12));
    if (i < end) this.#absorb(wordAt(b, i, end), wordAt(b, i + 4, end), wordAt(b, i + 8, end), wordAt(b, i + 12, end));
    this.#absorb(0, 0, 0, length * 8);
  }

  /** (hash xor block) times the key. */
  #absorb(b0: number, b1: number, b2: number, b3: number): void {
    spread(this.w0 ^ b0, this.w1 ^ b1, this.w2 ^ b2, this.w3 ^ b3);
    multiply(this.#key);
    const c = products;
    // of each half: the low word of the low product, …, the high word of the high one
    const l0 = c[0]!;
    const l3 = high(c[3]!);
    const [l1, l2] = [high(c[1]!), c[2]!];
    const lm0 = c[4]! ^ l0 ^ l2;
    const lm1 = high(c[5]!) ^ l1 ^ l3;
    const h0 = c[6]!;
    const h3 = high(c[9]!);
    const [h1, h2] = [high(c[7]!), c[8]!];
    const hm0 = c[10]! ^ h0 ^ h2;
    const hm1 = high(c[11]!) ^ h1 ^ h3;
    const m0 = c[12]!;
    const m3 = high(c[15]!);
    const [m1, m2] = [high(c[13]!), c[14]!];
    const mm0 = c[16]! ^ m0 ^ m2;
    const mm1 = high(c[17]!) ^ m1 ^ m3;
    // the words of the product, the lowest first
    const p0 = l0;
    const p1 = l1 ^ lm0;
    const p2 = l2 ^ lm1 ^ m0 ^ l0 ^ h0;
    const p3 = l3 ^ m1 ^ mm0 ^ l1 ^ lm0 ^ h1 ^ hm0;
    const p4 = h0 ^ m2 ^ mm1 ^ l2 ^ lm1 ^ h2 ^ hm1;
    const p5 = h1 ^ hm0 ^ m3 ^ l3 ^ h3;
    const p6 = h2 ^ hm1;
    const p7 = h3;
    this.#reduce(p0, p1, p2, p3, p4, p5, p6, p7);
  }

  /** The remainder of a product by the field's polynomial. Its bits are in reverse, so the product is one bit short. */
  #reduce(p0: number, p1: number, p2: number, p3: number, p4: number, p5: number, p6: number, p7: number): void {
    const z0 = p0 << 1;
    const z1 = (p1 << 1) | (p0 >>> 31);
    const z2 = (p2 << 1) | (p1 >>> 31);
    const z3 = (p3 << 1) | (p2 >>> 31);
    const z4 = (p4 << 1) | (p3 >>> 31);
    const z5 = (p5 << 1) | (p4 >>> 31);
    const z6 = (p6 << 1) | (p5 >>> 31);
    const z7 = (p7 << 1) | (p6 >>> 31);
    const y3 = z3 ^ down(z0);
    this.w3 = z4 ^ up(z0) ^ down(z1);
    this.w2 = z5 ^ up(z1) ^ down(z2);
    this.w1 = z6 ^ up(z2) ^ down(y3);
    this.w0 = z7 ^ up(y3);
  }
}

/** What a word that is taken away adds to the one four places above, and to the one three above. */
const up = (w: number): number => w ^ (w >>> 1) ^ (w >>> 2) ^ (w >>> 7);
const down = (w: number): number => (w << 31) ^ (w << 30) ^ (w << 25);

/** The factors of a number for {@link multiply}; w0 holds its highest bits. */
function spread(w0: number, w1: number, w2: number, w3: number): void {
  const f = factors;
  const [r0, r1, r2, r3] = [reversed(w0), reversed(w1), reversed(w2), reversed(w3)];
  f[0] = w3;
  f[1] = r3;
  f[2] = w2;
  f[3] = r2;
  f[4] = w3 ^ w2;
  f[5] = r3 ^ r2;
  f[6] = w1;
  f[7] = r1;
  f[8] = w0;
  f[9] = r0;
  f[10] = w1 ^ w0;
  f[11] = r1 ^ r0;
  f[12] = w3 ^ w1;
  f[13] = r3 ^ r1;
  f[14] = w2 ^ w0;
  f[15] = r2 ^ r0;
  f[16] = w3 ^ w1 ^ w2 ^ w0;
  f[17] = r3 ^ r1 ^ r2 ^ r0;
}

/** The low words of the products without carries of {@link factors} and the key's. */
function multiply(key: Int32Array): void {
  const { imul } = Math;
  const f = factors;
  const c = products;
  for (let i = 0, k = 0; i < PRODUCTS; i++, k += 4) {
    const x = f[i]!;
    const x0 = x & 0x1111_1111;
    const x1 = x & 0x2222_2222;
    const x2 = x & 0x4444_4444;
    const x3 = x & 0x8888_8888;
    const y0 = key[k]!;
    const y1 = key[k + 1]!;
    const y2 = key[k + 2]!;
    const y3 = key[k + 3]!;
    c[i] =
      ((imul(x0, y0) ^ imul(x1, y3) ^ imul(x2, y2) ^ imul(x3, y1)) & 0x1111_1111) |
      ((imul(x0, y1) ^ imul(x1, y0) ^ imul(x2, y3) ^ imul(x3, y2)) & 0x2222_2222) |
      ((imul(x0, y2) ^ imul(x1, y1) ^ imul(x2, y0) ^ imul(x3, y3)) & 0x4444_4444) |
      ((imul(x0, y3) ^ imul(x1, y2) ^ imul(x2, y1) ^ imul(x3, y0)) & 0x8888_8888);
  }
}

/** The high word of a product, from the low word of the product of the reversed factors. */
const high = (low: number): number => reversed(low) >>> 1;

/** A word's bits in reverse. */
function reversed(word: number): number {
  let w = word;
  w = ((w & 0x5555_5555) << 1) | ((w >>> 1) & 0x5555_5555);
  w = ((w & 0x3333_3333) << 2) | ((w >>> 2) & 0x3333_3333);
  w = ((w & 0x0f0f_0f0f) << 4) | ((w >>> 4) & 0x0f0f_0f0f);
  w = ((w & 0x00ff_00ff) << 8) | ((w >>> 8) & 0x00ff_00ff);
  return (w << 16) | (w >>> 16);
}

/** @internal */
export function readBE(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}

/** A word of a block, zeros behind the end. */
function wordAt(b: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let i = 0; i < 4; i++) if (at + i < end) word |= b[at + i]! << (24 - 8 * i);
  return word;
}
