import { createInterface } from 'node:readline';

import type { Command } from 'commander';

import { CephFsClient } from '../client/ceph-fs-client.js';

import { integer } from './parse.js';
import { COMMANDS, runCommand, splitCommands, UsageError } from './shell-commands.js';

interface ShellOptions {
  connect: string;
  command?: string;
  uid: number;
  gid: number;
}

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

function report(line: string, error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${line.split(/\s/)[0] ?? ''}: ${message}\n`);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}

/** One after another; the first that fails ends the script with its exit code, as `sh -e` does. */
async function runScript(client: CephFsClient, script: string): Promise<number> {
  for (const line of splitCommands(script)) {
    try {
      await runCommand(client, line, (text) => process.stdout.write(`${text}\n`));
    } catch (error) {
      return report(line, error);
    }
  }
  return 0;
}

async function runInteractive(client: CephFsClient): Promise<number> {
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: 'cephts> ',
    completer: (text: string) => [Object.keys(COMMANDS).filter((name) => name.startsWith(text)), text],
  });
  lines.prompt();
  for await (const line of lines) {
    if (['exit', 'quit'].includes(line.trim())) break;
    await runScript(client, line);
    lines.prompt();
  }
  lines.close();
  return 0;
}

/** Adds `cephts-mds shell` to the command line. */
export function registerShell(program: Command): void {
  program
    .command('shell')
    .description('a client shell on a running MDS')
    .requiredOption('--connect <addr>', 'address of the monitor, as `cephts-mds run` prints it: HOST:PORT')
    .option('-c, --command <script>', 'commands to run, separated by semicolons, instead of asking for them')
    .option('--uid <number>', 'act as this user', integer(0, 0xffff_ffff), 0)
    .option('--gid <number>', 'act as this group', integer(0, 0xffff_ffff), 0)
    .addHelpText(
      'after',
      `\nCommands:\n${Object.values(COMMANDS)
        .map(({ usage, help }) => `  ${usage.padEnd(28)} ${help}`)
        .join('\n')}`,
    )
    .action(async (options: ShellOptions) => {
      let client: CephFsClient;
      try {
        client = await CephFsClient.connect({ monAddr: options.connect, uid: options.uid, gid: options.gid });
      } catch (error) {
        process.exitCode = report(`shell --connect ${options.connect}`, error);
        return;
      }
      try {
        process.exitCode = await (options.command === undefined ? runInteractive(client) : runScript(client, options.command));
      } finally {
        await client.close();
      }
    });
}
