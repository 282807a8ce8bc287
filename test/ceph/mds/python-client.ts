import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';

/**
 * A client with libcephfs in a process of its own: it reads lines of Python, in which `fs` is the mounted file system, and tells what each
 * expression gives.
 */
export class PythonClient {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  #text = '';

  constructor(conf: string) {
    this.#child = spawn('/usr/bin/python3', [path.join(import.meta.dirname, 'client.py'), conf], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#text += String(chunk);
      for (let end = this.#text.indexOf('\n'); end >= 0; end = this.#text.indexOf('\n')) {
        const answer = JSON.parse(this.#text.slice(0, end)) as { value?: unknown; error?: string };
        this.#text = this.#text.slice(end + 1);
        const waiter = this.#waiting.shift();
        if (answer.error === undefined) waiter?.resolve(answer.value);
        else waiter?.reject(new Error(answer.error));
      }
    });
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('the client ended'));
    });
  }

  /** Calls a function of client.py. */
  call<T>(name: string, ...args: unknown[]): Promise<T> {
    this.#child.stdin?.write(`${JSON.stringify([name, args])}\n`);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject }));
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
