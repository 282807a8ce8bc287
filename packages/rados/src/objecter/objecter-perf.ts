import type { CephContext, PerfCounters, PerfCounterSpec } from '@cephts/common';

const SPECS: readonly PerfCounterSpec[] = [
  { key: 'op_active', type: 'gauge', description: 'Operations active', nick: 'actv', priority: 10 },
  { key: 'op_laggy', type: 'gauge', description: 'Laggy operations' },
  { key: 'op_send', type: 'counter', description: 'Sent operations' },
  { key: 'op_resend', type: 'counter', description: 'Resent operations' },
  { key: 'op_reply', type: 'counter', description: 'Operation reply' },
  { key: 'op_latency', type: 'timeavg', description: 'Operation latency' },
  { key: 'op', type: 'counter', description: 'Operations' },
  { key: 'op_throttled', type: 'counter', description: 'Operations that waited for the throttle' },
  { key: 'map_epoch', type: 'gauge', description: 'OSD map epoch' },
  { key: 'osd_sessions', type: 'gauge', description: 'Open sessions' },
];

/** The counters `objecter`. */
export class ObjecterPerf {
  readonly #cct: CephContext;
  readonly #counters: PerfCounters;

  constructor(cct: CephContext) {
    this.#cct = cct;
    this.#counters = cct.perf.create('objecter', SPECS);
  }

  submitted(active: number): void {
    this.#counters.inc(6);
    this.#counters.set(0, active);
  }

  throttled(): void {
    this.#counters.inc(7);
  }

  sent(again: boolean): void {
    this.#counters.inc(2);
    if (again) this.#counters.inc(3);
  }

  finished(active: number, ms: number): void {
    this.#counters.set(0, active);
    this.#counters.inc(4);
    this.#counters.tinc(5, ms);
  }

  laggy(count: number): void {
    this.#counters.set(1, count);
  }

  map(epoch: number): void {
    this.#counters.set(8, epoch);
  }

  sessions(count: number): void {
    this.#counters.set(9, count);
  }

  remove(): void {
    this.#cct.perf.remove(this.#counters);
  }
}
