// Every command in an ```sh block of the READMEs and the guides is one that there is: the script, the package, the subcommand and its options.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = path.join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const packages = readdirSync(path.join(root, 'packages'));
const CLIS: Record<string, string> = { 'cephts-mds': 'mds-reference', cephts: 'rados' };

const files = [
  'README.md',
  'CONTRIBUTING.md',
  ...packages.map((name) => `packages/${name}/README.md`),
  ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`),
].filter((file) => file.endsWith('.md') && existsSync(path.join(root, file)));

/** The commands of a file: comments left out, joined lines and `&&` taken apart. */
function commandsOf(file: string): string[] {
  const blocks = [...read(file).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
  return blocks
    .flatMap((block) => block.replace(/\\\n/g, ' ').split('\n'))
    .flatMap((line) => line.replace(/(^|\s)#.*$/, '').split('&&'))
    .map((command) => command.trim())
    .filter((command) => command !== '');
}

const helps = new Map<string, string>();
function helpOf(cli: string, subcommand: string): string {
  const key = `${cli} ${subcommand}`;
  let help = helps.get(key);
  if (help === undefined) {
    const file = path.join(root, 'packages', CLIS[cli] as string, 'dist', 'cli.js');
    const { status, stdout } = spawnSync(
      process.execPath,
      [file, ...subcommand.split(' ').filter((word) => word !== ''), '--help'],
      {
        encoding: 'utf8',
      },
    );
    help = status === 0 ? stdout : '';
    helps.set(key, help);
  }
  return help;
}

/** What is wrong with a command; undefined where nothing is, or where it is not ours to know. */
function problemOf(command: string): string | undefined {
  const [program = '', ...args] = command.replace(/^npx /, '').split(/\s+/);
  if (program === 'npm' && args[0] === 'run' && !((args[1] as string) in scripts)) return `there is no script ${args[1]}`;
  if (program === 'npm' && ['i', 'install'].includes(args[0] ?? '')) {
    const missing = args.slice(1).filter((name) => name.startsWith('@cephts/') && !packages.includes(name.slice(8)));
    if (missing.length > 0) return `there is no package ${missing.join(', ')}`;
  }
  if (!(program in CLIS)) return undefined;
  const subcommand = args.find((arg) => !arg.startsWith('-')) ?? '';
  if (!helpOf(program, '').includes(subcommand)) return `${program} has no ${subcommand}`;
  const form = args.includes('--embedded') ? `${subcommand} --embedded` : subcommand;
  const help = `${helpOf(program, '')}${helpOf(program, form)}`;
  const unknown = args.filter((arg) => /^--?[a-z]/.test(arg) && !help.includes(arg.split('=')[0] as string));
  return unknown.length > 0 ? `${program} ${subcommand} has no ${unknown.join(', ')}` : undefined;
}

describe('the commands of READMEs and guides', () => {
  it.each(files.filter((file) => commandsOf(file).length > 0))('are there: %s', (file) => {
    const problems = commandsOf(file).map((command) => [command, problemOf(command)]);
    expect(problems.filter(([, problem]) => problem !== undefined)).toEqual([]);
  });
});
