import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';

/** Is Debian's `ceph` command here? */
export function hasCeph(): boolean {
  return spawnSync('ceph', ['--version']).status === 0;
}

/** Sends a command to an admin socket as a plain client does, and gives the answer. */
export function asokCommand(path: string, command: Record<string, unknown>): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(path, () => socket.write(`${JSON.stringify(command)}\0`));
    socket.on('data', (bytes) => parts.push(bytes as Buffer));
    socket.on('error', reject);
    socket.on('end', () => {
      socket.end();
      const all = Buffer.concat(parts);
      if (all.length < 4 || all.readUInt32BE(0) !== all.length - 4) reject(new Error(`a broken answer of ${all.length} bytes`));
      else resolve(all.subarray(4).toString());
    });
  });
}

/** Resolves when `condition` holds; rejects after `ms`. */
export async function waitFor(condition: () => boolean, ms: number): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`nothing happened for ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The shortest of at most three measurements, in ms; no more are made once one is `enough`: a busy machine may hold one of them up. */
export async function shortest(enough: number, measure: () => Promise<number>): Promise<number> {
  let ms = Infinity;
  for (let tries = 3; tries > 0 && ms >= enough; tries--) ms = Math.min(ms, await measure());
  return ms;
}
