import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockDataFolder } from '../../src/daemon/data-folder.js';

describe('the lock of a data folder', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'cephts-lock-'));
  });

  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it('keeps a second user out until it is given back', () => {
    const unlock = lockDataFolder(dir);
    expect(() => lockDataFolder(dir)).toThrow(
      expect.objectContaining({ code: 'ERR_CEPH_EBUSY', message: expect.stringContaining(String(process.pid)) }),
    );
    unlock();
    lockDataFolder(dir)();
  });

  it('is taken over from a process that is gone', () => {
    writeFileSync(path.join(dir, 'lock'), '4194999 1\n');
    lockDataFolder(dir)();
  });

  it('is taken over when another process has the number by now', () => {
    writeFileSync(path.join(dir, 'lock'), `${process.ppid} 1\n`);
    const unlock = lockDataFolder(dir);
    expect(readFileSync(path.join(dir, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    unlock();
  });

  it('makes the folder when it is not there', () => {
    lockDataFolder(path.join(dir, 'a', 'b'))();
  });
});
