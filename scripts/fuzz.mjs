// `npm run fuzz -- [--seconds N] [--seed K] [--target NAME]`: mutated inputs for every decoder. Only a DecodeError with type and offset may
// come out; no crash, no hang, no allocation beyond what the input can hold. Packages add their own in packages/*/fuzz/*.mjs, each exporting
// `fuzz(seconds, rng)`, which returns { executions, findings }. Exit 1 at any finding, with the input in hex.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { clearInterval, setInterval } from 'node:timers';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { seeded } from './fuzz/random.mjs';

const HANG_MS = 10_000;
const MAX_INPUT = 1 << 20;
const usage = 'npm run fuzz -- [--seconds N] [--seed K] [--target NAME]';

function options() {
  try {
    const { values } = parseArgs({
      options: { seconds: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string' } },
    });
    const seconds = Number(values.seconds ?? 60);
    const seed = Number(values.seed ?? Date.now() % 0xffffffff);
    if (!(seconds > 0) || !Number.isSafeInteger(seed)) throw new Error('--seconds takes a number above 0, --seed an integer');
    return { seconds, seed, target: values.target ?? '' };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}

function packageFuzzers() {
  const packages = path.resolve(import.meta.dirname, '../packages');
  return readdirSync(packages).flatMap((name) => {
    const folder = path.join(packages, name, 'fuzz');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((file) => file.endsWith('.mjs'))
      .map((file) => ({ name: `${name} ${file.slice(0, -4)}`, file: path.join(folder, file) }));
  });
}

/** The decoders, in a thread of their own, watched for hangs. */
function fuzzDecoders(seconds, seed, only) {
  const shared = new SharedArrayBuffer(12 + MAX_INPUT);
  const state = new Int32Array(shared, 0, 3);
  const worker = new Worker(new URL('./fuzz/worker.mjs', import.meta.url), { workerData: { seconds, seed, only, shared } });
  return new Promise((resolve) => {
    let targets = [];
    let last = -1;
    const inHand = () => ({
      target: targets[state[1]]?.name ?? '?',
      input: Buffer.from(new Uint8Array(shared, 12, Math.min(state[2], MAX_INPUT))).toString('hex'),
    });
    const watch = setInterval(() => {
      const now = Atomics.load(state, 0);
      if (now === last && now > 0) {
        finish({ executions: now, findings: [{ ...inHand(), problem: `hangs: no end after ${HANG_MS / 1000} s` }] });
      }
      last = now;
    }, HANG_MS);
    const finish = (result) => {
      clearInterval(watch);
      void worker.terminate();
      resolve({ targets: targets.length, ...result });
    };
    worker.on('message', (message) => {
      if (message.targets === undefined) {
        finish(message);
        return;
      }
      targets = message.targets;
      for (const problem of message.problems) console.log(`not fuzzed: ${problem}`);
    });
    worker.on('error', (error) => {
      finish({ executions: state[0], findings: [{ ...inHand(), problem: `ends the thread: ${error?.stack ?? error}` }] });
    });
  });
}

const { seconds, seed, target } = options();
const others = packageFuzzers().filter(({ name }) => name.includes(target));
const share = seconds / (others.length + 1);
console.log(`fuzzing for ${seconds} s with --seed ${seed}`);
const { targets, executions, findings } = await fuzzDecoders(share, seed, target);
console.log(`${executions} inputs through ${targets} decoders: ${findings.length} findings`);
const all = [...findings];
for (const { name, file } of others) {
  const { fuzz } = await import(pathToFileURL(file).href);
  try {
    const result = (await fuzz(share, seeded(seed))) ?? {};
    const found = (result.findings ?? []).map((finding) => (typeof finding === 'string' ? { problem: finding } : finding));
    console.log(`${name}: ${result.executions ?? '?'} inputs, ${found.length} findings`);
    all.push(...found.map((finding) => ({ target: name, ...finding })));
  } catch (error) {
    all.push({ target: name, problem: `threw ${error?.stack ?? error}`, input: '' });
  }
}
for (const finding of all) console.log(`\n${finding.target}: ${finding.problem}\ninput: ${finding.input ?? ''}`);
if (target !== '' && targets === 0 && others.length === 0) {
  console.error(`nothing is named '${target}'`);
  process.exit(2);
}
process.exit(all.length > 0 ? 1 : 0);
