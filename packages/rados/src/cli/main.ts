import { readFileSync, writeFileSync } from 'node:fs';
import { CephError, ERRNO, errnoName, isCephError } from '@cephts/common';
import { parseCephArgs } from '../conf/ceph-args.js';
import type { CephArgs } from '../conf/ceph-args.js';
import { CephConf } from '../conf/ceph-conf.js';
import { RADOS_OPTIONS } from '../conf/options.js';
import { connectCluster } from '../mon/connect.js';
import type { ClusterClient } from '../mon/connect.js';
import type { CommandReply } from '../mon/mon-commands.js';
import { explain, matchCommand } from './match-command.js';
import { parseDescriptions } from './signature.js';
import { Targets } from './target.js';
import type { Target } from './target.js';

const USAGE = `Usage: cephts [options] COMMAND ...
       cephts tell TARGET COMMAND ...
       cephts rados ...            (objects: see cephts rados --help)

Runs a command of a Ceph cluster: status, health, and whatever its monitors, managers and daemons describe.

  -c, --conf FILE            the configuration file (default: CEPH_CONF, else /etc/ceph/ceph.conf)
  -n, --name TYPE.ID         who to be (default: client.admin); --id ID for client.ID
  -k, --keyring FILE         the keyring
  -m, --mon-host ADDRS       monitors to begin with
  --cluster NAME             name of the cluster
  -f, --format FORMAT        plain, json, json-pretty, xml, xml-pretty
  -i FILE, -o FILE           input to the command; where its output goes
  --connect-timeout SECONDS  longest time to look for a monitor (default: 300)
  --ignore-clock-skew        go on although this machine's clock is wrong
  -s, --status               the same as the command status
  -h, --help                 this text; "cephts help" lists the commands of the cluster

Exit codes: 0; the errno of a command that failed; 13 for a wrong key, 1 for another cluster, 110 where no monitor can be reached, 62 for a
clock that is wrong, 22 for a command that is unknown.`;

/** Clocks that differ by more, in ms, make tickets expire before or after their time. */
const MAX_SKEW = 300_000;

interface Invocation {
  args: CephArgs;
  words: string[];
  format: string | undefined;
  input: string | undefined;
  output: string | undefined;
  timeoutMs: number | undefined;
  ignoreSkew: boolean;
  help: boolean;
}

const isOption = (name: string): boolean => RADOS_OPTIONS.some((option) => option.name === name);

/** Takes this command's own options out; the rest is Ceph's, and then the words of the command. */
function parse(argv: readonly string[]): Invocation {
  const own: Invocation = {
    args: parseCephArgs([]),
    words: [],
    format: undefined,
    input: undefined,
    output: undefined,
    timeoutMs: undefined,
    ignoreSkew: false,
    help: false,
  };
  const left: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] as string;
    const [, long, inline] = /^(--(?:format|connect-timeout))=(.*)$/s.exec(arg) ?? [];
    const flag = long ?? arg;
    const value = (): string => {
      const given = inline ?? argv[++i];
      if (given === undefined) throw new CephError('ERR_CEPH_INVALID_OPTION', `${flag} needs a value`, { errno: ERRNO.EINVAL });
      return given;
    };
    if (flag === '-f' || flag === '--format') own.format = value();
    else if (flag === '-i' || flag === '--in-file') own.input = value();
    else if (flag === '-o' || flag === '--out-file') own.output = value();
    else if (flag === '--connect-timeout') own.timeoutMs = Number(value()) * 1000;
    else if (flag === '--ignore-clock-skew') own.ignoreSkew = true;
    else if (flag === '-s' || flag === '--status') own.words.push('status');
    else if (flag === '-h' || flag === '--help') own.help = true;
    else left.push(arg);
  }
  own.args = parseCephArgs(left, isOption);
  own.words.push(...own.args.rest.filter((word) => word !== '--'));
  return own;
}

function loadConf({ args }: Invocation, env: NodeJS.ProcessEnv): CephConf {
  const { file, cluster, overrides } = args;
  const name = args.name ?? (args.id === undefined ? undefined : `client.${args.id}`);
  return CephConf.load({
    env,
    overrides,
    ...(file === undefined ? {} : { file }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(name === undefined ? {} : { name }),
  });
}

/** Writes what a command said, as `ceph` does, and returns the exit code. */
function show(reply: CommandReply, { format, output }: Invocation, prefix: string): number {
  const { r, outs, outbl } = reply;
  if (output !== undefined && output !== '-') {
    writeFileSync(output, outbl);
  } else {
    // consumers are used to skip a line in front of JSON
    if (format?.startsWith('json')) process.stdout.write('\n');
    if (prefix === '') process.stdout.write(outbl);
    else if (outbl.length > 0) process.stdout.write(`${prefix}${new TextDecoder().decode(outbl).trimEnd()}\n`);
  }
  if (r < 0) process.stderr.write(`Error ${errnoName(r)}: ${outs}\n`);
  else if (outs !== '') process.stderr.write(`${prefix}${outs}\n`);
  return r < 0 ? -r : 0;
}

async function describe(target: Target): Promise<ReturnType<typeof parseDescriptions>> {
  const { r, outs, outbl } = await target.run({ prefix: 'get_command_descriptions' });
  if (r < 0)
    throw new CephError('ERR_CEPH_COMMAND', `problem getting command descriptions from ${target.name}: ${outs}`, { errno: -r });
  return parseDescriptions(new TextDecoder().decode(outbl));
}

async function runOn(target: Target, words: readonly string[], invocation: Invocation, prefix: string): Promise<number> {
  const all = await describe(target);
  if (words[0] === 'help') {
    const wanted = words.slice(1).join(' ');
    const lines = all
      .map((desc) => `${explain({ problem: '', closest: [desc] }).trimStart()}\n`)
      .filter((line) => line.startsWith(wanted));
    process.stdout.write(lines.sort().join(''));
    return 0;
  }
  const matched = matchCommand(words, all);
  if ('problem' in matched) {
    process.stderr.write(`${explain(matched)}\nError EINVAL: invalid command\n`);
    return ERRNO.EINVAL;
  }
  const { format, input } = invocation;
  const command = format === undefined || format === 'plain' ? matched.command : { ...matched.command, format };
  const bytes = input === undefined ? undefined : new Uint8Array(readFileSync(input === '-' ? 0 : input));
  return show(await target.run(command, bytes), invocation, prefix);
}

async function runWords(client: ClusterClient, invocation: Invocation): Promise<number> {
  const targets = new Targets(client);
  try {
    const [first, name, ...rest] = invocation.words;
    if (first === 'pg' && /^\d+\.[0-9a-f]+$/i.test(name ?? '')) {
      const [osd] = await targets.findPg(name as string);
      return await runOn(osd as Target, invocation.words, invocation, '');
    }
    if (first !== 'tell') return await runOn(targets.cluster, invocation.words, invocation, '');
    if (name === undefined || rest.length === 0) {
      throw new CephError('ERR_CEPH_INVALID_OPTION', '"tell" needs a target and a command: cephts tell mds.a status', {
        errno: ERRNO.EINVAL,
      });
    }
    const chosen = await targets.find(name);
    let code = 0;
    for (const target of chosen) {
      const one = await runOn(target, rest, invocation, chosen.length > 1 ? `${target.name}: ` : '');
      code ||= one;
    }
    return code;
  } finally {
    await targets.shutdown();
  }
}

/**
 * The `cephts` command.
 *
 * @returns the exit code
 */
export async function runCephts(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  try {
    const invocation = parse(argv);
    if (invocation.help || invocation.words.length === 0) {
      process[invocation.help ? 'stdout' : 'stderr'].write(`${USAGE}\n`);
      return invocation.help ? 0 : ERRNO.EINVAL;
    }
    const conf = loadConf(invocation, env);
    const { timeoutMs, ignoreSkew } = invocation;
    const client = await connectCluster(conf, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(ignoreSkew ? {} : { maxClockSkewMs: MAX_SKEW }),
    });
    try {
      return await runWords(client, invocation);
    } finally {
      await client.shutdown();
    }
  } catch (error) {
    if (!isCephError(error)) throw error;
    process.stderr.write(`cephts: ${error.message}\n`);
    return error.errno ?? 1;
  }
}
