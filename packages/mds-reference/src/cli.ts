#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { registerDemo } from './cli/demo.js';
import { registerRun } from './cli/run.js';
import { registerShell } from './cli/shell.js';
import { registerThreads } from './cli/threads.js';
import { registerTrace } from './cli/trace.js';
import { CEPHTS_VERSION } from './daemon/version.js';

const program = new Command('cephts-mds')
  .description('A metadata server with the threads, the messages and the stored bytes of ceph-mds.')
  .version(CEPHTS_VERSION)
  .showHelpAfterError('(--help tells what there is)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });

registerRun(program);
registerDemo(program);
registerShell(program);
registerThreads(program);
registerTrace(program);
// exitOverride is not handed down to commands that were there before
for (const command of program.commands) command.exitOverride().showHelpAfterError('(--help tells what there is)');

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // help and version are no errors; everything else is a wrong command line
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
