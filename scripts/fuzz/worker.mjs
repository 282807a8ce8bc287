// Runs inputs through the decoders. The input in hand lies in shared memory, so that the parent can name it should this thread hang.
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { DecodeError } from '@cephts/encoding';
import { mutate } from './mutate.mjs';
import { seeded } from './random.mjs';
import { loadTargets } from './targets.mjs';

const { seconds, seed, only, shared, external } = workerData;
const state = new Int32Array(shared, 0, 3); // inputs so far, number of the target, length of the input
const inHand = new Uint8Array(shared, 12);

/** ms an input may take, and bytes it may make the decoder allocate; both grow with the input. */
const timeLimit = (length) => 50 + length / 100;
const heapLimit = (length) => (1 << 20) + length * 2000;

const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** Why an input's outcome is wrong, or undefined. */
function judge(target, input) {
  const heap = getHeapStatistics();
  const before = heap.used_heap_size + heap.external_memory;
  const start = performance.now();
  let value;
  let problem;
  let decoded = false;
  try {
    value = target.decode(input);
    decoded = true;
  } catch (error) {
    if (!(error instanceof DecodeError)) problem = `threw ${error?.stack ?? error}`;
    else if (error.type === '' || !Number.isInteger(error.offset) || error.offset < 0)
      problem = `error without type and offset: ${error.message}`;
  }
  const took = performance.now() - start;
  const after = getHeapStatistics();
  const grown = after.used_heap_size + after.external_memory - before;
  if (problem !== undefined) return problem;
  if (took > timeLimit(input.length)) {
    // another process may have had the processor: what counts is the quickest of some tries
    const best = Math.min(took, ...Array.from({ length: 5 }, () => timeOf(target, input)));
    if (best > timeLimit(input.length)) return `took ${best.toFixed(1)} ms for ${input.length} bytes`;
  }
  if (grown > heapLimit(input.length)) return `allocated ${grown} bytes for ${input.length} bytes`;
  return decoded && target.encode !== undefined ? unstable(target, value) : undefined;
}

function timeOf(target, input) {
  const start = performance.now();
  try {
    target.decode(input);
  } catch {
    // judged already
  }
  return performance.now() - start;
}

/** What was decoded must encode, and decode again to the same. */
function unstable(target, value) {
  try {
    const once = target.encode(value);
    const twice = target.encode(target.decode(once));
    return Buffer.compare(once, twice) === 0 ? undefined : `encodes differently the second time: ${hex(once)} and ${hex(twice)}`;
  } catch (error) {
    return `decodes, but does not encode and decode again: ${error?.stack ?? error}`;
  }
}

const { targets: all, problems } = await loadTargets();
const targets = all.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
parentPort.postMessage({ targets: targets.map(({ name, seeds }) => ({ name, seeds: seeds.length })), problems });

const rng = seeded(seed);
const findings = [];
const end = performance.now() + seconds * 1000;
let executions = 0;
if (targets.length > 0) {
  // Seeds first: they are fine, so they must pass whole.
  for (const target of targets) {
    for (const input of target.seeds) {
      executions++;
      const problem = judge(target, input);
      if (problem !== undefined) findings.push({ target: target.name, problem, input: hex(input) });
    }
  }
  while (findings.length < 20 && performance.now() < end) {
    for (let burst = 0; burst < 256; burst++) {
      const number = rng.below(targets.length);
      const target = targets[number];
      const input = mutate(target.seeds, rng);
      inHand.set(input.subarray(0, inHand.length));
      state[2] = input.length;
      state[1] = number;
      Atomics.store(state, 0, ++executions);
      let problem = judge(target, input);
      // A pause of the collector or of the machine is no finding: it must happen three times.
      for (let again = 0; again < 2 && problem !== undefined && /^(took|allocated)/.test(problem); again++)
        problem = judge(target, input);
      if (problem !== undefined) findings.push({ target: target.name, problem, input: hex(input) });
    }
  }
}
parentPort.postMessage({ executions, findings, external });
