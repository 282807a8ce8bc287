import { describe, expect, it } from '@jest/globals';
import { CephContext } from '@cephts/common';
import { mirrorProcess, ProcessMirror } from '../../src/services/process-mirror.js';

const VERSION = { version: '16.2.15', release: 'pacific', releaseType: 'stable' };

function makeMirror(): { cct: CephContext; mirror: ProcessMirror; end: () => void } {
  const cct = new CephContext({ conf: { mds_tick_interval: 5 } });
  cct.conf.define([{ name: 'mds_tick_interval', type: 'float', default: 5, desc: 'seconds between ticks' }]);
  cct.threads.add({ name: 'log', kind: 'real', owner: 'Log', purpose: 'writes' });
  cct.perf.create('mds', [{ key: 'request', type: 'counter', description: 'Requests' }]);
  const mirror = new ProcessMirror(VERSION);
  const end = mirrorProcess(cct, (update) => mirror.apply(structuredCloneOfShared(update)));
  return { cct, mirror, end };
}

/** What a message port does to an update: copies all but shared memory. */
function structuredCloneOfShared<T>(update: T): T {
  return structuredClone(update);
}

describe('a mirror of a process', () => {
  it('has what was there when it began', () => {
    const { mirror } = makeMirror();
    expect(mirror.threads().map(({ name }) => name)).toEqual(['log']);
    expect(mirror.perf().map(({ name }) => name)).toEqual(['mds']);
    expect(mirror.conf()).toEqual({ mds_tick_interval: 5 });
  });

  it('reads counters and states from shared memory as they change, without being told', () => {
    const { cct, mirror } = makeMirror();
    cct.perf.get('mds')?.inc(0, 7);
    const [entry] = cct.threads.entries();
    if (entry) entry.state = 'running';
    expect(mirror.perf()[0]?.dump()).toEqual({ request: 7 });
    expect(mirror.threads()[0]?.state).toBe('running');
  });

  it('follows threads, counters and options that come and go', () => {
    const { cct, mirror } = makeMirror();
    const entry = cct.threads.add({ name: 'service', kind: 'real', owner: 'Service', purpose: 'watches' });
    expect(mirror.threads().map(({ name }) => name)).toEqual(['log', 'service']);
    cct.threads.remove(entry);
    expect(mirror.threads().map(({ name }) => name)).toEqual(['log']);
    const counters = cct.perf.create('cct', [{ key: 'total_workers', type: 'gauge', description: 'Total' }]);
    expect(mirror.perf()).toHaveLength(2);
    cct.perf.remove(counters);
    expect(mirror.perf()).toHaveLength(1);
    cct.conf.set('mds_tick_interval', 1);
    expect(mirror.conf()).toEqual({ mds_tick_interval: 1 });
  });

  it('reads what lies in memory that was added later', () => {
    const { cct, mirror } = makeMirror();
    const specs = Array.from({ length: 5000 }, (_, i) => ({ key: `k${i}`, type: 'counter' as const, description: '' }));
    const many = cct.perf.create('many', specs);
    many.inc(4999, 3);
    expect(
      mirror
        .perf()
        .find(({ name }) => name === 'many')
        ?.dump(),
    ).toMatchObject({ k4999: 3 });
  });

  it('is told nothing more once it was ended', () => {
    const { cct, mirror, end } = makeMirror();
    end();
    cct.threads.add({ name: 'late', kind: 'real', owner: 'x', purpose: 'y' });
    expect(mirror.threads()).toHaveLength(1);
  });
});
