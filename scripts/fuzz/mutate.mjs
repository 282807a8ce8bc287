// Mutations of an encoded object: what a broken disk, a hostile peer or a wrong version would hand to a decoder.

const BYTES = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff];
const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x10000, 0x1000000];
const MAX_LENGTH = 1 << 16;

function word(input, at, value) {
  for (let i = 0; i < 4 && at + i < input.length; i++) input[at + i] = (value >>> (8 * i)) & 0xff;
}

function join(...parts) {
  return new Uint8Array(Buffer.concat(parts)).subarray(0, MAX_LENGTH);
}

const mutations = [
  // truncate
  (input, rng) => input.slice(0, rng.below(input.length + 1)),
  // flip a bit
  (input, rng) => {
    if (input.length > 0) input[rng.below(input.length)] ^= 1 << rng.below(8);
    return input;
  },
  // a telling byte
  (input, rng) => {
    if (input.length > 0) input[rng.below(input.length)] = rng.pick(BYTES);
    return input;
  },
  // inflate a length or a count
  (input, rng) => {
    word(input, rng.below(input.length + 1), rng.pick(WORDS));
    return input;
  },
  // a length that is off by little
  (input, rng) => {
    if (input.length > 0) input[rng.below(input.length)] += rng.below(9) - 4;
    return input;
  },
  // take a piece out
  (input, rng) => {
    const at = rng.below(input.length + 1);
    return join(input.subarray(0, at), input.subarray(at + rng.below(32)));
  },
  // put noise in
  (input, rng) => {
    const at = rng.below(input.length + 1);
    return join(input.subarray(0, at), rng.bytes(1 + rng.below(24)), input.subarray(at));
  },
  // repeat a piece
  (input, rng) => {
    const at = rng.below(input.length + 1);
    const end = at + rng.below(64);
    return join(input.subarray(0, end), input.subarray(at));
  },
  // splice with another seed
  (input, rng, seeds) => {
    const other = rng.pick(seeds);
    return join(input.subarray(0, rng.below(input.length + 1)), other.subarray(rng.below(other.length + 1)));
  },
];

/** A new input out of one of the seeds: one to four mutations of it. */
export function mutate(seeds, rng) {
  let input = rng.pick(seeds).slice();
  for (let left = 1 + rng.below(4); left > 0; left--) input = rng.pick(mutations)(input, rng, seeds);
  return input;
}
