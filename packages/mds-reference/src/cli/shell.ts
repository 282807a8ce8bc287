import type { Command } from 'commander';

/** Adds `cephts-mds shell` to the command line. */
export function registerShell(program: Command): void {
  program.command('shell');
}
