import type { PerfCounterSpec, PerfCounters, PerfCountersCollection } from '@cephts/common';
import { Encoder, compareText } from '@cephts/encoding';
import type { PerfCounterDeclaration } from '../messages/m-mgr.js';

/** Ceph's PERFCOUNTER_* flags of a kind of counter. */
const TYPE_BITS = { counter: 10, gauge: 2, longrunavg: 6, timeavg: 5, histogram: 18 } as const;
const UNIT = { bytes: 0, none: 1 } as const;

/** What a report says of the counters. */
export interface CounterReport {
  declare: PerfCounterDeclaration[];
  undeclare: string[];
  packed: Uint8Array;
}

interface Counter {
  path: string;
  spec: PerfCounterSpec;
  counters: PerfCounters;
}

/**
 * Turns counters into reports: each is described in the first report that has it, after which its value is enough.
 *
 * @see MgrClient::_send_report in src/mgr/MgrClient.cc (16.2.15)
 */
export class PerfReporter {
  readonly #collection: PerfCountersCollection;
  readonly #declared = new Set<string>();

  constructor(collection: PerfCountersCollection) {
    this.#collection = collection;
  }

  /** @param threshold least priority of a counter to report */
  report(threshold: number): CounterReport {
    const chosen = this.#collection
      .list()
      .flatMap((counters) => counters.specs.map((spec) => ({ path: `${counters.name}.${spec.key}`, spec, counters })))
      .filter(({ spec }) => (spec.priority ?? 0) >= threshold && spec.type !== 'histogram')
      .sort((a, b) => compareText(a.path, b.path));
    const paths = new Set(chosen.map(({ path }) => path));
    const undeclare = [...this.#declared].filter((path) => !paths.has(path));
    for (const path of undeclare) this.#declared.delete(path);
    const fresh = chosen.filter(({ path }) => !this.#declared.has(path));
    for (const { path } of fresh) this.#declared.add(path);
    const e = new Encoder(1024);
    e.struct(1, 1, (e) => {
      for (const counter of chosen) encodeValue(e, counter);
    });
    return { declare: fresh.map(declaration), undeclare, packed: e.toBytes() };
  }
}

function declaration({ path, spec }: Counter): PerfCounterDeclaration {
  const { description, nick = '', type, priority = 0, unit = 'none' } = spec;
  return { path, description, nick, type: TYPE_BITS[type], priority, unit: UNIT[unit] };
}

function encodeValue(e: Encoder, { spec, counters }: Counter): void {
  const value = counters.dump()[spec.key];
  if (spec.type === 'timeavg' || spec.type === 'longrunavg') {
    const { avgcount, sum } = value as { avgcount: number; sum: number };
    // times go as nanoseconds
    e.u64(Math.max(0, Math.round(spec.type === 'timeavg' ? sum * 1e9 : sum)));
    e.u64(avgcount).u64(avgcount);
  } else {
    e.u64big(BigInt.asUintN(64, BigInt(Math.round(value as number))));
  }
}
