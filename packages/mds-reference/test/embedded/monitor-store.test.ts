import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileMonitorStore, MemoryMonitorStore } from '../../src/embedded/monitor-store.js';
import type { MonitorState } from '../../src/embedded/monitor-store.js';

const STATE: MonitorState = {
  format: 1,
  fsid: '4d6e6c74-3a1c-4b6e-9c65-0f4f4f6f0001',
  epoch: 5,
  nextGlobalId: 4107,
  created: true,
};

describe('the monitor’s state', () => {
  let dir: string;
  const file = (): string => path.join(dir, 'monitor.json');

  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'cephts-mon-'));
  });

  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it('is not there in a new folder', () => {
    expect(new FileMonitorStore(dir).load()).toBeUndefined();
    expect(new MemoryMonitorStore().load()).toBeUndefined();
  });

  it('is read as it was saved', () => {
    new FileMonitorStore(dir).save(STATE);
    expect(new FileMonitorStore(dir).load()).toEqual(STATE);
  });

  it('of a newer version is named so, and left as it is', () => {
    const text = JSON.stringify({ ...STATE, format: 2 });
    writeFileSync(file(), text);
    expect(() => new FileMonitorStore(dir).load()).toThrow(/newer version \(format 2/);
    expect(readFileSync(file(), 'utf8')).toBe(text);
  });

  it.each([
    ['no JSON', 'half a fi'],
    ['an empty file', ''],
    ['null', 'null'],
    ['no format', '{}'],
    ['a field that is missing', JSON.stringify({ ...STATE, fsid: undefined })],
    ['an epoch that is text', JSON.stringify({ ...STATE, epoch: '5' })],
  ])('that is damaged (%s) is named so', (_what, text) => {
    writeFileSync(file(), text);
    expect(() => new FileMonitorStore(dir).load()).toThrow(
      expect.objectContaining({ code: 'ERR_CEPH_STORE', message: expect.stringContaining('damaged') }),
    );
  });
});
