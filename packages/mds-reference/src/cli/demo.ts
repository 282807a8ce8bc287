import type { Command } from 'commander';

/** Adds `cephts-mds demo` to the command line. */
export function registerDemo(program: Command): void {
  program.command('demo');
}
