import type { ArgDesc, CommandDesc } from './signature.js';
import { FLAG, showSignature } from './signature.js';

/** A command as daemons take it. */
export type Command = Record<string, unknown> & { prefix: string };

/** What words on a command line come to. */
export type Matched =
  | { command: Command; desc: CommandDesc }
  /** `closest`: commands it may have been meant to be. */
  | { problem: string; closest: readonly CommandDesc[] };

/** Written without a name before the release that made them options. */
const CONFIRMATIONS = /^--(yes-i-really-(really-)?mean-it(-not-faking)?|force)$/;

/** What is wrong with a value; undefined where nothing is. */
function problemOf(arg: ArgDesc, word: string): string | undefined {
  const inRange = (value: number): string | undefined => {
    const [least = '-Infinity', most = 'Infinity'] = arg.range;
    return value < Number(least) || value > Number(most) ? `${word} is not in ${arg.range.join(' to ')}` : undefined;
  };
  switch (arg.type) {
    case 'CephInt':
      return /^-?(0x[0-9a-f]+|\d+)$/i.test(word) ? inRange(Number(word)) : `${word} is no integer`;
    case 'CephFloat':
      return word.trim() !== '' && Number.isFinite(Number(word)) ? inRange(Number(word)) : `${word} is no number`;
    case 'CephBool':
      return /^(true|false|yes|no)$/i.test(word) ? undefined : `${word} is neither true nor false`;
    case 'CephChoices':
      return arg.strings.includes(word) ? undefined : `${word} is not one of ${arg.strings.join(', ')}`;
    case 'CephPgid':
      return /^\d+\.[0-9a-f]+$/i.test(word) ? undefined : `${word} is no placement group`;
    case 'CephUUID':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(word) ? undefined : `${word} is no UUID`;
    case 'CephOsdName':
      return /^(osd\.)?\d+$|^\*$/.test(word) ? undefined : `${word} is no OSD, such as osd.3`;
    case 'CephName':
      return word === '*' || /^(mon|osd|mds|mgr|client)\.?/.test(word) ? undefined : `${word} is no name of a daemon`;
    default:
      return arg.goodchars !== undefined && [...word].some((c) => !new RegExp(arg.goodchars as string).test(c))
        ? `${word} has characters other than ${arg.goodchars}`
        : undefined;
  }
}

/** A value as daemons take it. */
function valueOf({ type }: ArgDesc, word: string): unknown {
  if (type === 'CephInt' || type === 'CephFloat') return Number(word);
  if (type === 'CephBool') return /^(true|yes)$/i.test(word);
  return type === 'CephOsdName' && word.startsWith('osd.') ? Number(word.slice(4)) : word;
}

function store(command: Command, arg: ArgDesc, word: string): void {
  const value = valueOf(arg, word);
  if (arg.n > 1) command[arg.name] = [...((command[arg.name] as unknown[] | undefined) ?? []), value];
  else command[arg.name] = value;
}

interface Attempt {
  command?: Command;
  problem?: string;
  /** How much of the words was understood: the greater, the closer. */
  depth: number;
}

/** Takes `--name value`, `--name=value` and `--flag` out of the words. */
function takeNamed(words: readonly string[], args: readonly ArgDesc[], command: Command): { left: string[]; problem?: string } {
  const left: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const [, key = '', , inline] = /^--([^=]+)(=(.*))?$/s.exec(word) ?? [];
    const arg = args.find(({ name }) => name === key.replaceAll('-', '_'));
    if (!arg) {
      left.push(word);
      continue;
    }
    const value = inline ?? (arg.type === 'CephBool' ? 'true' : words[++i]);
    if (value === undefined) return { left, problem: `--${key} needs a value` };
    const problem = problemOf(arg, value);
    if (problem !== undefined) return { left, problem };
    store(command, arg, value);
  }
  return { left };
}

function attempt(words: readonly string[], { sig }: CommandDesc): Attempt {
  const literals = sig.filter((part) => typeof part === 'string');
  const args = sig.filter((part) => typeof part !== 'string');
  const command: Command = { prefix: literals.join(' ') };
  let depth = 0;
  const named = takeNamed(words, args, command);
  const left = [...named.left];
  for (const part of sig) {
    if (typeof part === 'string') {
      if (left[0] !== part) return { depth, problem: `expected \`${part}\`` };
      left.shift();
      depth++;
      continue;
    }
    if (part.name in command) continue;
    for (let seen = 0; seen < part.n; seen++) {
      const word = left[0];
      const missing = word === undefined || (word.startsWith('--') && part.type !== 'CephChoices' && !CONFIRMATIONS.test(word));
      const problem = missing ? `missing required parameter ${part.name}` : problemOf(part, word);
      if (problem !== undefined) {
        if (part.req && seen === 0) return { depth, problem };
        break;
      }
      store(command, part, word as string);
      left.shift();
      depth++;
    }
  }
  if (named.problem !== undefined) return { depth, problem: named.problem };
  if (left.length > 0) return { depth, problem: `unused arguments: ${left.join(' ')}` };
  return { depth: depth + 0.5, command };
}

/**
 * Finds the command that the words of a command line are.
 *
 * @see validate_command in src/pybind/ceph_argparse.py (16.2.15)
 */
export function matchCommand(words: readonly string[], all: readonly CommandDesc[]): Matched {
  const tried = all.filter(({ flags }) => (flags & FLAG.OBSOLETE) === 0).map((desc) => ({ desc, ...attempt(words, desc) }));
  const required = ({ sig }: CommandDesc): number => sig.filter((part) => typeof part === 'string' || part.req).length;
  const fits = tried
    .filter(({ command }) => command !== undefined)
    .sort((a, b) => b.depth - a.depth || required(a.desc) - required(b.desc));
  const best = fits[0];
  if (best?.command) {
    if ((best.desc.flags & FLAG.MGR) !== 0) best.command['target'] = ['mon-mgr', ''];
    return { command: best.command, desc: best.desc };
  }
  const deepest = Math.max(...tried.map(({ depth }) => depth));
  const closest = tried.filter(({ depth }) => depth === deepest);
  const only = closest.length === 1 && deepest > 0 ? closest[0] : undefined;
  const shown = closest.map(({ desc }) => desc).filter(({ flags }) => (flags & (FLAG.DEPRECATED | FLAG.HIDDEN)) === 0);
  return {
    problem: only
      ? `Invalid command: ${only.problem ?? ''}`
      : `no valid command found; ${Math.min(10, shown.length)} closest matches:`,
    closest: (only ? [only.desc] : shown).slice(0, 10),
  };
}

/** The lines to print for a command line that is none. */
export function explain({ problem, closest }: { problem: string; closest: readonly CommandDesc[] }): string {
  return [
    problem,
    ...closest.map((desc) => (closest.length === 1 ? `${showSignature(desc)} :  ${desc.help}` : showSignature(desc))),
  ].join('\n');
}
