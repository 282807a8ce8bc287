// The licences of everything that comes along when a package of this repository is installed, as package-lock.json has it, on every platform.
// `node scripts/packages/licences.mjs` checks that each is known to be free to use and that docs/licences.md lists them; `--write` renews it.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = path.join(import.meta.dirname, '..', '..');
const page = path.join(root, 'docs', 'licences.md');

/** What may be used in any program without a condition but to name it. A licence that is not here needs a person to look at it. */
const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'Unlicense']);

/** Does an SPDX expression leave us a choice that is allowed? */
export function isAllowed(expression) {
  const alternatives = expression.replace(/[()]/g, '').split(' OR ');
  return alternatives.some((terms) => terms.split(' AND ').every((term) => ALLOWED.has(term.trim())));
}

/** Every package, other than our own, that an install of ours brings, with its version and licence. */
export function dependencies() {
  const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const all = Object.entries(packages)
    .filter(([where, entry]) => where.includes('node_modules/') && !entry.dev && !entry.link)
    .map(([where, { version, license = 'unknown', optional = false }]) => ({
      name: where.slice(where.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version,
      licence: license,
      optional,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return all.filter(({ name, version }, i) => all.findIndex((other) => other.name === name && other.version === version) === i);
}

async function render(list) {
  const rows = list.map(
    ({ name, version, licence, optional }) => `| \`${name}\` | ${version} | ${licence} | ${optional ? 'where it fits' : ''} |`,
  );
  const text = `---
title: Licences
group: Reference
---

# Licences

All packages of this repository are under the MIT licence. What they bring along when they are installed, from package-lock.json; "where it
fits" marks binaries for one platform. \`npm run check:licences\` fails when a licence is unknown or this list is not true any more.

| package | version | licence | installed |
| ------- | ------- | ------- | --------- |
${rows.join('\n')}
`;
  return format(text, { ...(await resolveConfig(page)), parser: 'markdown' });
}

/** @returns {Promise<string[]>} what is wrong */
export async function licenceProblems() {
  const list = dependencies();
  const unknown = list.filter(({ licence }) => !isAllowed(licence)).map(({ name, licence }) => `${name} is under ${licence}`);
  const stale =
    readFileSync(page, 'utf8') === (await render(list)) ? [] : ['docs/licences.md is out of date: npm run licences:update'];
  return [...unknown, ...stale];
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.includes('--write')) writeFileSync(page, await render(dependencies()));
  const problems = await licenceProblems();
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? `${dependencies().length} dependencies, all of known licences` : 'licences: see above');
  process.exit(problems.length === 0 ? 0 : 1);
}
