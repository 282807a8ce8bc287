import type { Command } from 'commander';
import { runInCluster } from './run-cluster.js';
import { runEmbedded } from './run-embedded.js';

/** Adds `cephts-mds run` to the command line: two daemons in one word, told apart by `--embedded`. */
export function registerRun(program: Command, argv: readonly string[] = process.argv): void {
  const command = program.command('run').description('run the daemon until SIGTERM');
  if (argv.includes('--embedded')) runEmbedded(command);
  else runInCluster(command, argv.slice(argv.indexOf('run') + 1));
}
