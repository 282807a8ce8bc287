import { decodeText, encodeText } from '@cephts/encoding';

import type { CephFsClient } from '../client/ceph-fs-client.js';
import type { ClientStat } from '../client/client-types.js';

/** A mistake in what was typed, as opposed to an operation that failed. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Where a command writes its lines. */
export type Print = (line: string) => void;

interface ShellCommand {
  usage: string;
  help: string;
  run(client: CephFsClient, args: string[], print: Print): Promise<void>;
}

const TYPES: Readonly<Record<number, [letter: string, word: string]>> = {
  0o010000: ['p', 'fifo'],
  0o020000: ['c', 'character device'],
  0o040000: ['d', 'directory'],
  0o060000: ['b', 'block device'],
  0o100000: ['-', 'regular file'],
  0o120000: ['l', 'symbolic link'],
  0o140000: ['s', 'socket'],
};

const typeOf = (mode: number): [string, string] => TYPES[mode & 0o170000] ?? ['?', 'unknown'];
const isDirectory = (stat: ClientStat): boolean => (stat.mode & 0o170000) === 0o040000;

/** `drwxr-xr-x` and the like. */
export function formatMode(mode: number): string {
  const triple = (shift: number, special: boolean, on: string): string => {
    const bits = (mode >> shift) & 7;
    const execute = special ? (bits & 1 ? on : on.toUpperCase()) : bits & 1 ? 'x' : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${execute}`;
  };
  return (
    typeOf(mode)[0] +
    triple(6, (mode & 0o4000) !== 0, 's') +
    triple(3, (mode & 0o2000) !== 0, 's') +
    triple(0, (mode & 0o1000) !== 0, 't')
  );
}

const formatTime = ({ sec, nsec }: { sec: number; nsec: number }): string =>
  `${new Date(sec * 1000).toISOString().slice(0, 19)}.${String(nsec).padStart(9, '0')}Z`;

function longLine(name: string, stat: ClientStat): string {
  const target = stat.symlink === undefined ? '' : ` -> ${stat.symlink}`;
  return `${formatMode(stat.mode)} ${String(stat.nlink).padStart(3)} ${String(stat.uid).padStart(5)} ${String(stat.gid).padStart(5)} ${String(stat.size).padStart(10)} ${formatTime(stat.mtime)} ${name}${target}`;
}

/** Splits off the flags of a command: `-l`, `-rf`; `--` ends them. */
function flagsOf(args: string[], allowed: string): { flags: Set<string>; rest: string[] } {
  const flags = new Set<string>();
  let at = 0;
  for (; at < args.length && /^-./.test(args[at] as string); at++) {
    if (args[at] === '--') {
      at++;
      break;
    }
    for (const letter of (args[at] as string).slice(1)) {
      if (!allowed.includes(letter))
        throw new UsageError(`unknown flag -${letter}${allowed ? `, expected -${[...allowed].join(' or -')}` : ''}`);
      flags.add(letter);
    }
  }
  return { flags, rest: args.slice(at) };
}

function exactly(count: number, args: string[], command: string): string[] {
  const { usage } = COMMANDS[command] as ShellCommand;
  if (args.length !== count) throw new UsageError(`expected ${usage}`);
  return args;
}

function atLeastOne(args: string[], command: string): string[] {
  if (args.length === 0) throw new UsageError(`expected ${(COMMANDS[command] as ShellCommand).usage}`);
  return args;
}

function octal(text: string): number {
  if (!/^[0-7]{1,5}$/.test(text)) throw new UsageError(`expected an octal mode such as 644, got ${text}`);
  return parseInt(text, 8);
}

async function listEntries(client: CephFsClient, ino: number): Promise<{ name: string; stat: ClientStat }[]> {
  const entries = [];
  for await (const entry of client.readdir(ino)) entries.push(entry);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function removeTree(client: CephFsClient, parent: number, name: string, stat: ClientStat): Promise<void> {
  if (!isDirectory(stat)) return client.unlink(parent, name);
  for (const entry of await listEntries(client, stat.ino)) await removeTree(client, stat.ino, entry.name, entry.stat);
  return client.rmdir(parent, name);
}

async function printTree(
  client: CephFsClient,
  ino: number,
  indent: string,
  print: Print,
): Promise<{ dirs: number; files: number }> {
  const total = { dirs: 0, files: 0 };
  const entries = await listEntries(client, ino);
  for (const [i, { name, stat }] of entries.entries()) {
    const last = i === entries.length - 1;
    print(`${indent}${last ? '└── ' : '├── '}${name}${stat.symlink === undefined ? '' : ` -> ${stat.symlink}`}`);
    if (!isDirectory(stat)) {
      total.files++;
      continue;
    }
    total.dirs++;
    const below = await printTree(client, stat.ino, indent + (last ? '    ' : '│   '), print);
    total.dirs += below.dirs;
    total.files += below.files;
  }
  return total;
}

/** Where `ln` and `mv` put things: into a directory that is there, else at the path itself. */
async function destination(client: CephFsClient, path: string, source: string): Promise<{ dir: number; name: string }> {
  const found = await client.resolve(path).catch(() => undefined);
  if (found && isDirectory(found)) return { dir: found.ino, name: baseName(source) };
  return client.resolveParent(path);
}

function baseName(path: string): string {
  return path.replace(/\/+$/, '').split('/').pop() ?? '';
}

/** The commands of `cephts-mds shell`. Paths start at the root of the file system, with or without the first slash. */
export const COMMANDS: Readonly<Record<string, ShellCommand>> = {
  ls: {
    usage: 'ls [-la] [PATH…]',
    help: 'list directories; -l with attributes, -a with . and ..',
    async run(client, args, print) {
      const { flags, rest } = flagsOf(args, 'la');
      for (const path of rest.length > 0 ? rest : ['/']) {
        const stat = await client.resolve(path);
        if (rest.length > 1) print(`${path}:`);
        const entries = isDirectory(stat) ? await listEntries(client, stat.ino) : [{ name: path, stat }];
        if (flags.has('a') && isDirectory(stat))
          entries.unshift({ name: '.', stat }, { name: '..', stat: await client.resolve(`${path}/..`) });
        for (const entry of entries) print(flags.has('l') ? longLine(entry.name, entry.stat) : entry.name);
      }
    },
  },
  stat: {
    usage: 'stat PATH…',
    help: 'all attributes of an entry',
    async run(client, args, print) {
      for (const path of atLeastOne(args, 'stat')) {
        const stat = await client.resolve(path);
        print(`  File: ${path}${stat.symlink === undefined ? '' : ` -> ${stat.symlink}`}`);
        print(`  Size: ${stat.size}  Type: ${typeOf(stat.mode)[1]}  Inode: 0x${stat.ino.toString(16)}  Links: ${stat.nlink}`);
        print(
          `  Mode: ${(stat.mode & 0o7777).toString(8).padStart(4, '0')}/${formatMode(stat.mode)}  Uid: ${stat.uid}  Gid: ${stat.gid}`,
        );
        print(`Access: ${formatTime(stat.atime)}`);
        print(`Modify: ${formatTime(stat.mtime)}`);
        print(`Change: ${formatTime(stat.ctime)}`);
      }
    },
  },
  mkdir: {
    usage: 'mkdir [-p] PATH…',
    help: 'make directories; -p with their parents, and content with one that is there',
    async run(client, args) {
      const { flags, rest } = flagsOf(args, 'p');
      for (const path of atLeastOne(rest, 'mkdir')) {
        if (!flags.has('p')) {
          const { dir, name } = await client.resolveParent(path);
          await client.mkdir(dir, name, { mode: 0o755 });
          continue;
        }
        let ino = (await client.resolve('/')).ino;
        for (const name of path.split('/').filter((part) => part !== '')) {
          ino = (await client.lookup(ino, name).catch(() => client.mkdir(ino, name, { mode: 0o755 }))).ino;
        }
      }
    },
  },
  touch: {
    usage: 'touch PATH…',
    help: 'make empty files, or set the times of those there are to now',
    async run(client, args) {
      for (const path of atLeastOne(args, 'touch')) {
        const { dir, name } = await client.resolveParent(path);
        const there = await client.lookup(dir, name).catch(() => undefined);
        if (!there) await client.create(dir, name, { mode: 0o644 });
        else {
          const ms = Date.now();
          const now = { sec: Math.floor(ms / 1000), nsec: (ms % 1000) * 1_000_000 };
          await client.setattr(there.ino, { mtime: now, atime: now });
        }
      }
    },
  },
  ln: {
    usage: 'ln [-s] TARGET PATH',
    help: 'make a hard link, or with -s a symbolic one',
    async run(client, args) {
      const { flags, rest } = flagsOf(args, 's');
      const [target, path] = exactly(2, rest, 'ln') as [string, string];
      const { dir, name } = await destination(client, path, target);
      if (flags.has('s')) await client.symlink(dir, name, target);
      else await client.link((await client.resolve(target)).ino, dir, name);
    },
  },
  mv: {
    usage: 'mv FROM TO',
    help: 'rename, or move into a directory that is there',
    async run(client, args) {
      const [from, to] = exactly(2, args, 'mv') as [string, string];
      const source = await client.resolveParent(from);
      const target = await destination(client, to, from);
      await client.rename(source.dir, source.name, target.dir, target.name);
    },
  },
  rm: {
    usage: 'rm [-rf] PATH…',
    help: 'remove files; -r with directories and all below, -f content with what is not there',
    async run(client, args) {
      const { flags, rest } = flagsOf(args, 'rf');
      for (const path of atLeastOne(rest, 'rm')) {
        const { dir, name } = await client.resolveParent(path);
        const stat = flags.has('f') ? await client.lookup(dir, name).catch(() => undefined) : await client.lookup(dir, name);
        if (!stat) continue;
        if (flags.has('r')) await removeTree(client, dir, name, stat);
        else await client.unlink(dir, name);
      }
    },
  },
  rmdir: {
    usage: 'rmdir PATH…',
    help: 'remove empty directories',
    async run(client, args) {
      for (const path of atLeastOne(args, 'rmdir')) {
        const { dir, name } = await client.resolveParent(path);
        await client.rmdir(dir, name);
      }
    },
  },
  chmod: {
    usage: 'chmod MODE PATH…',
    help: 'set permissions, in octal',
    async run(client, args) {
      const [mode, ...paths] = args;
      if (mode === undefined) throw new UsageError(`expected ${(COMMANDS['chmod'] as ShellCommand).usage}`);
      const bits = octal(mode);
      for (const path of atLeastOne(paths, 'chmod')) await client.setattr((await client.resolve(path)).ino, { mode: bits });
    },
  },
  truncate: {
    usage: 'truncate SIZE PATH…',
    help: 'set the size, in bytes',
    async run(client, args) {
      const [size, ...paths] = args;
      if (size === undefined || !/^\d{1,15}$/.test(size))
        throw new UsageError(`expected a size in bytes, got ${size ?? 'nothing'}`);
      for (const path of atLeastOne(paths, 'truncate'))
        await client.setattr((await client.resolve(path)).ino, { size: Number(size) });
    },
  },
  setfattr: {
    usage: 'setfattr -n NAME [-v VALUE] PATH…  |  setfattr -x NAME PATH…',
    help: 'set or remove an extended attribute',
    async run(client, args) {
      const usage = (COMMANDS['setfattr'] as ShellCommand).usage;
      const rest: string[] = [];
      const options = new Map<string, string>();
      for (let i = 0; i < args.length; i++) {
        const arg = args[i] as string;
        if (!/^-[nvx]$/.test(arg)) rest.push(arg);
        else if (args[i + 1] === undefined) throw new UsageError(`${arg} needs a word after it`);
        else options.set(arg, args[++i] as string);
      }
      const set = options.get('-n');
      const remove = options.get('-x');
      if ((set === undefined) === (remove === undefined) || rest.length === 0) throw new UsageError(`expected ${usage}`);
      for (const path of rest) {
        const { ino } = await client.resolve(path);
        if (set !== undefined) await client.setxattr(ino, set, encodeText(options.get('-v') ?? ''));
        else await client.removexattr(ino, remove as string);
      }
    },
  },
  getfattr: {
    usage: 'getfattr PATH…',
    help: 'print the extended attributes',
    async run(client, args, print) {
      for (const path of atLeastOne(args, 'getfattr')) {
        print(`# file: ${path}`);
        const stat = await client.resolve(path);
        for (const [name, value] of [...stat.xattrs].sort()) print(`${name}="${decodeText(value)}"`);
      }
    },
  },
  tree: {
    usage: 'tree [PATH]',
    help: 'everything below a directory, drawn',
    async run(client, args, print) {
      const path = args[0] ?? '/';
      print(path);
      const { dirs, files } = await printTree(client, (await client.resolve(path)).ino, '', print);
      print(`${dirs} directories, ${files} files`);
    },
  },
  sync: {
    usage: 'sync',
    help: 'wait until everything done so far is safe on disk',
    async run(client) {
      await client.sync();
    },
  },
};

/**
 * Words of one command line: blanks separate, quotes and backslashes keep together.
 * @throws UsageError for an unclosed quote
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i] as string;
    if (quote) {
      if (c === quote) quote = '';
      else if (c === '\\' && quote === '"' && i + 1 < line.length) word += line[++i] as string;
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      word ??= '';
    } else if (c === '\\' && i + 1 < line.length) word = (word ?? '') + (line[++i] as string);
    else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (quote) throw new UsageError(`unclosed ${quote}`);
  if (word !== undefined) words.push(word);
  return words;
}

/** Splits a script at semicolons and newlines that stand outside of quotes. */
export function splitCommands(script: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quote = '';
  for (let i = 0; i < script.length; i++) {
    const c = script[i] as string;
    if (c === '\\' && quote !== "'" && i + 1 < script.length) {
      part += c + (script[++i] as string);
      continue;
    }
    if (quote ? c === quote : c === '"' || c === "'") quote = quote ? '' : c;
    if (!quote && (c === ';' || c === '\n')) {
      parts.push(part);
      part = '';
    } else part += c;
  }
  parts.push(part);
  return parts.map((text) => text.trim()).filter((text) => text !== '');
}

/** Runs one command line. @throws UsageError for a mistake in it; CephError where the operation fails */
export async function runCommand(client: CephFsClient, line: string, print: Print): Promise<void> {
  const [name, ...args] = splitWords(line);
  if (name === undefined) return;
  if (name === 'help') {
    for (const command of Object.values(COMMANDS)) print(`${command.usage.padEnd(28)} ${command.help}`);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`no command ${name}; there are ${Object.keys(COMMANDS).join(', ')}`);
  await command.run(client, args, print);
}
