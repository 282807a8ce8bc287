import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';

const cli = path.join(import.meta.dirname, '..', '..', 'dist', 'cli.js');

/** A `cephts-mds run` of the built command, as a process of its own. */
export class RunningDaemon {
  readonly child: ChildProcess;
  readonly monAddr: string;
  readonly #output: string[];
  readonly #exited: Promise<number | NodeJS.Signals>;

  private constructor(child: ChildProcess, monAddr: string, output: string[], exited: Promise<number | NodeJS.Signals>) {
    this.child = child;
    this.monAddr = monAddr;
    this.#output = output;
    this.#exited = exited;
  }

  /** Starts the daemon and waits until it says that it is active. */
  static start(args: readonly string[]): Promise<RunningDaemon> {
    const child = spawn(process.execPath, [cli, 'run', '--embedded', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output: string[] = [];
    const exited = new Promise<number | NodeJS.Signals>((resolve) =>
      child.once('exit', (code, signal) => resolve(signal ?? code ?? -1)),
    );
    return new Promise((resolve, reject) => {
      let text = '';
      child.stderr?.on('data', (chunk: Buffer) => output.push(String(chunk)));
      child.stdout?.on('data', (chunk: Buffer) => {
        output.push(String(chunk));
        text += String(chunk);
        const match = /connect to (\S+)\n/.exec(text);
        if (match) resolve(new RunningDaemon(child, match[1] as string, output, exited));
      });
      void exited.then((how) => reject(new Error(`cephts-mds run ended (${how}) before it was active: ${output.join('')}`)));
    });
  }

  /** Everything it printed so far. */
  get output(): string {
    return this.#output.join('');
  }

  async kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.child.kill(signal);
    return this.#exited;
  }
}
