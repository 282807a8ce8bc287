// `npm run bench -- SUITE… [--json FILE] [--strict]`: runs bench/SUITE.mjs (all, where none is named), each in a process of its own, against
// the built packages. A suite is a default export that returns rows:
//   { name, unit, ours, peers: { NAME: value }, ratio, atLeast?, atMost? }
// ratio: ours against the best peer of the same run, above 1 is better; where there is no peer, the figure itself that the bound is for.
// Every suite checks the results of what it measures and throws when one is wrong. --strict: exit 1 when a bound is missed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const dir = import.meta.dirname;
const all = readdirSync(dir)
  .filter((file) => /^[a-z-]+\.mjs$/.test(file) && !['run.mjs', 'measure.mjs'].includes(file))
  .map((file) => path.basename(file, '.mjs'))
  .sort();

function parse(args) {
  const options = { suites: [], json: undefined, strict: false };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--json') options.json = args[++i];
    else if (args[i] === '--strict') options.strict = true;
    else if (all.includes(args[i])) options.suites.push(args[i]);
    else {
      console.error(`Expected a suite (${all.join(', ')}), --json FILE or --strict, got \`${args[i]}\``);
      process.exit(2);
    }
  }
  if (options.suites.length === 0) options.suites = all;
  return options;
}

/** Whole from a thousand on, else four digits, without zeros at the end of a fraction. */
const number = (value) =>
  typeof value === 'number' ? String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4))) : String(value);

function misses({ ratio, atLeast = -Infinity, atMost = Infinity }) {
  return ratio !== null && !(ratio >= atLeast && ratio <= atMost);
}

function print({ suite, node, rows }) {
  console.log(`\n${suite} (node ${node})`);
  for (const row of rows) {
    const peers = Object.entries(row.peers).map(([name, value]) => `${name} ${number(value)}`);
    const bound = row.atLeast !== undefined ? `at least ${row.atLeast}` : row.atMost !== undefined ? `at most ${row.atMost}` : '';
    console.log(
      `  ${misses(row) ? 'MISSED' : '      '} ${row.name}: ${number(row.ours)} ${row.unit}${peers.length > 0 ? ` (${peers.join(', ')})` : ''}`,
    );
    console.log(`           ratio ${row.ratio === null ? '-' : number(row.ratio)}${bound ? `, ${bound}` : ''}`);
  }
}

async function runHere(suite) {
  const { default: run } = await import(`./${suite}.mjs`);
  return { suite, node: process.versions.node, rows: await run() };
}

/** In a process of its own, so that one suite's types do not slow down the next. */
function runApart(suite) {
  const scratch = mkdtempSync(path.join(tmpdir(), 'cephts-bench-'));
  const file = path.join(scratch, 'rows.json');
  const { status } = spawnSync(process.execPath, [...process.execArgv, import.meta.filename, suite, '--json', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  const result = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(scratch, { recursive: true });
  return result;
}

const { suites, json, strict } = parse(process.argv.slice(2));
const results = [];
for (const suite of suites) {
  const result = suites.length === 1 ? await runHere(suite) : runApart(suite);
  results.push(result);
  print(result);
}
if (json) writeFileSync(json, `${JSON.stringify(results.length === 1 ? results[0] : results, null, 2)}\n`);
process.exit(strict && results.some(({ rows }) => rows.some(misses)) ? 1 : 0);
