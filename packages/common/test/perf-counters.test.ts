import { describe, expect, it } from '@jest/globals';
import { PerfCounters, PerfCountersCollection, SharedSlab } from '../src/index.js';
import type { PerfCounterSpec } from '../src/index.js';

const SPECS: PerfCounterSpec[] = [
  { key: 'ops', type: 'counter', description: 'operations', nick: 'op', priority: 5 },
  { key: 'depth', type: 'gauge', description: 'depth', unit: 'bytes' },
  { key: 'lat', type: 'timeavg', description: 'latency' },
  { key: 'size', type: 'longrunavg', description: 'size' },
  { key: 'hist', type: 'histogram', description: 'spread', buckets: [1, 10, 100] },
];

describe('PerfCounters', () => {
  it('counts up, goes both ways, averages and sorts into buckets', () => {
    const counters = new PerfCountersCollection(new SharedSlab()).create('test', SPECS);
    const [ops, depth, lat, size, hist] = SPECS.map(({ key }) => counters.idx(key)) as [number, number, number, number, number];
    counters.inc(ops);
    counters.inc(ops, 4);
    counters.set(depth, 10);
    counters.dec(depth, 3);
    counters.tinc(lat, 250);
    counters.tinc(lat, 750);
    counters.avg(size, 100);
    for (const value of [0.5, 1, 1.5, 10, 99, 100, 101]) counters.hinc(hist, value);
    expect([counters.get(ops), counters.get(depth), counters.idx('nothing')]).toEqual([5, 7, -1]);
    expect(counters.dump()).toEqual({
      ops: 5,
      depth: 7,
      lat: { avgcount: 2, sum: 1, avgtime: 0.5 },
      size: { avgcount: 1, sum: 100 },
      hist: {
        count: 7,
        sum: 313,
        buckets: [
          { le: 1, count: 2 },
          { le: 10, count: 2 },
          { le: 100, count: 2 },
          { le: null, count: 1 },
        ],
      },
    });
  });

  it('describes itself in the form of perf schema', () => {
    const counters = new PerfCountersCollection(new SharedSlab()).create('test', SPECS);
    expect(counters.schema()).toMatchObject({
      ops: {
        type: 10,
        metric_type: 'counter',
        value_type: 'integer',
        description: 'operations',
        nick: 'op',
        priority: 5,
        units: 'none',
      },
      depth: { type: 2, metric_type: 'gauge', nick: '', priority: 0, units: 'bytes' },
      lat: { type: 5, metric_type: 'gauge', value_type: 'real-integer-pair' },
      size: { type: 6, value_type: 'integer-integer-pair' },
      hist: { type: 18, value_type: 'integer-2d-histogram' },
    });
  });

  it('resets everything but gauges', () => {
    const counters = new PerfCountersCollection(new SharedSlab()).create('test', SPECS);
    counters.inc(0);
    counters.set(1, 5);
    counters.tinc(2, 5);
    counters.hinc(4, 5);
    counters.reset();
    expect(counters.dump()).toMatchObject({ ops: 0, depth: 5, lat: { avgcount: 0, sum: 0 }, hist: { count: 0, sum: 0 } });
  });

  it('can be read by another thread, over the same memory', () => {
    const slab = new SharedSlab();
    const counters = new PerfCountersCollection(slab).create('test', SPECS);
    const there = PerfCounters.attach(structuredClone(counters.describe()), slab.chunks);
    counters.inc(0, 3);
    counters.tinc(2, 1000);
    expect(there.name).toBe('test');
    expect(there.dump()).toEqual(counters.dump());
  });
});

describe('PerfCountersCollection', () => {
  it('keeps components apart and numbers those of one name', () => {
    const collection = new PerfCountersCollection(new SharedSlab());
    const names = [1, 2, 3].map(() => collection.create('mds', SPECS).name);
    expect(names).toEqual(['mds', 'mds-2', 'mds-3']);
    expect(Object.keys(collection.dump())).toEqual(names);
    expect(Object.keys(collection.schema())).toEqual(names);
    expect(collection.get('mds-2')?.name).toBe('mds-2');
  });

  it('tells of what comes and goes, once', () => {
    const collection = new PerfCountersCollection(new SharedSlab());
    const events: string[] = [];
    const stop = collection.onChange((event, { name }) => events.push(`${event} ${name}`));
    const counters = collection.create('a', SPECS);
    collection.remove(counters);
    collection.remove(counters);
    stop();
    collection.create('b', SPECS);
    expect(events).toEqual(['add a', 'remove a']);
    expect(collection.get('a')).toBeUndefined();
  });
});

describe('SharedSlab', () => {
  it('hands out slots side by side, zeroed, and starts a new chunk where one is full', () => {
    const slab = new SharedSlab();
    const told: number[] = [];
    const stop = slab.onChunk((_chunk, index) => told.push(index));
    const first = slab.allocate(10);
    const second = slab.allocate(4000);
    const third = slab.allocate(100);
    const huge = slab.allocate(10_000);
    expect([first.chunk, second.chunk, third.chunk, huge.chunk]).toEqual([0, 0, 1, 2]);
    expect(second.index).toBe(first.index + 10);
    expect(huge.array.length).toBeGreaterThanOrEqual(10_000);
    expect([...first.array.subarray(first.index, first.index + 10)]).toEqual(new Array(10).fill(0));
    expect(told).toEqual([0, 1, 2]);
    stop();
    slab.allocate(5000);
    expect(slab.chunks).toHaveLength(4);
    expect(told).toHaveLength(3);
  });

  it('lies in shared memory where the platform has it', () => {
    expect(new SharedSlab().allocate(1).array.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});
