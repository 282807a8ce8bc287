import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { TransferProgress } from '../../src/cli/transfer-progress.js';

const MIB = 1024 * 1024;

/** A transfer of 8 MiB, 1 MiB every 300 ms. @returns what was written */
function transfer(isTTY: boolean, total?: number): string {
  const out = Object.assign(new PassThrough(), { isTTY });
  let now = 0;
  const progress = new TransferProgress(out, 'put big', () => now);
  progress.total = total;
  for (let i = 0; i < 8; i++) {
    now += 300;
    progress.add(MIB);
  }
  progress.end();
  return ((out.read() as Buffer | null) ?? '').toString();
}

describe('the progress of a transfer', () => {
  it('is told on a terminal once it takes long, and gone in the end', () => {
    const lines = transfer(true, 8 * MIB).split('\r\x1b[K');
    expect(lines[1]).toBe('put big: 4.0 MiB of 8.0 MiB (50 %), 3.3 MiB/s');
    expect(lines.at(-2)).toBe('put big: 8.0 MiB of 8.0 MiB (100 %), 3.3 MiB/s');
    expect(lines.at(-1)).toBe('');
    expect(lines).toHaveLength(7);
  });

  it('does without the whole where nobody knows it', () => {
    expect(transfer(true)).toContain('put big: 4.0 MiB, 3.3 MiB/s');
  });

  it('is not told where there is no terminal', () => {
    expect(transfer(false, 8 * MIB)).toBe('');
  });
});
