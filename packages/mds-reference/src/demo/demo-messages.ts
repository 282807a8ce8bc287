import type { LatencySummary } from './latency.js';
import type { Difference } from './tree-verify.js';

/** What the demo's client is told. */
export interface DemoClientData {
  /** Local tree to import. */
  dir: string;
  /** HOST:PORT of the monitor, or the configuration file of a cluster. */
  where: { monAddr: string } | { conf: string };
  /** Name of the imported tree in the file system's root. */
  name: string;
  /** Operations under way at once. */
  inFlight: number;
}

/** What the demo's client tells. Times in ms. */
export type DemoClientReport =
  | { kind: 'progress'; phase: 'scan' | 'import' | 'verify'; done: number; total: number }
  | {
      kind: 'done';
      entries: number;
      compared: number;
      differences: Difference[];
      importMs: number;
      verifyMs: number;
      latencies: LatencySummary[];
    }
  | { kind: 'failed'; message: string };
