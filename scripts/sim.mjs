// npm run sim -- --seeds N [--from K]   the messenger in deterministic simulation, seeds K to K+N−1; a failing one prints its history.
// From 2,000 seeds on every state, frame and decision of the session layer must have been reached.
import { parseArgs } from 'node:util';
import * as messenger from '@cephts/async-messenger';
import * as common from '@cephts/common';
import * as encoding from '@cephts/encoding';
import { Coverage, simulate } from '../packages/async-messenger/sim/simulate.mjs';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '2000' }, from: { type: 'string', default: '1' } } });
const seeds = Number(values.seeds);
const from = Number(values.from);
if (!Number.isInteger(seeds) || !Number.isInteger(from) || seeds < 1 || from < 0) {
  console.error('Expected --seeds N, at least 1, and --from K, at least 0');
  process.exit(2);
}
const lib = { common, encoding, messenger };
const begin = performance.now();
const coverage = new Coverage();
const ENOUGH_SEEDS = 2000;
let delivered = 0;
for (let seed = from; seed < from + seeds; seed++) {
  const result = await simulate(lib, seed, { coverage });
  delivered += result.delivered;
  if (result.problems.length === 0) continue;
  const { history, kind, problems } = await simulate(lib, seed, { keepHistory: true });
  console.log(history.join('\n'));
  console.log(`seed ${seed} (${kind}) failed:\n  ${problems.join('\n  ')}\nreplay it: npm run sim -- --seeds 1 --from ${seed}`);
  process.exit(1);
}
const seconds = (performance.now() - begin) / 1000;
console.log(`${seeds} seeds from ${from}: every rule held; ${delivered} messages, ${seconds.toFixed(1)} s`);
const entries = coverage.entries();
const width = Math.max(...entries.map(([name]) => name.length));
for (const [name, count] of entries) console.log(`  ${name.padEnd(width)} ${String(count).padStart(8)}`);
const missing = coverage.missing();
if (missing.length > 0 && seeds >= ENOUGH_SEEDS) {
  console.log(`never reached: ${missing.join('; ')}`);
  process.exit(1);
}
