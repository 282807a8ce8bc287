// What the checks of `npm run check:packages` say, a line each, and how they run programs.
import { spawn } from 'node:child_process';

let failures = 0;

/** How many checks failed so far. */
export const failed = () => failures;

/** @param {boolean} ok @param {string} what @param {string} [detail] */
export function report(ok, what, detail = '') {
  if (!ok) failures++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${detail ? `: ${detail}` : ''}`);
}

/**
 * Runs a program; never rejects.
 *
 * @returns {Promise<{ status: number | null, output: string }>}
 */
export function run(command, args, { timeout = 180_000, ...options } = {}) {
  return new Promise((resolve) => {
    // a group of its own, so that what it started ends with it
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
    const tooLong = setTimeout(() => {
      output += `\nstill running after ${timeout / 1000} s`;
      process.kill(-child.pid, 'SIGKILL');
    }, timeout);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ status: -1, output: String(error) }));
    child.on('close', (status) => {
      clearTimeout(tooLong);
      resolve({ status, output });
    });
  });
}

/** Runs a program and reports whether it ended well (and, with `says`, said so). */
export async function check(what, command, args, { says, ...options } = {}) {
  const { status, output } = await run(command, args, options);
  const ok = status === 0 && (says === undefined || output.includes(says));
  report(ok, what, ok ? '' : `exit code ${status}\n${output}`);
  return ok;
}
