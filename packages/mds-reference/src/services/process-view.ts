import type { PerfCounters, PerfCountersDescriptor, ThreadDescriptor, ThreadSnapshot } from '@cephts/common';
import type { CommandDesc } from './command-desc.js';

/** Who this daemon is, for `version`. */
export interface VersionInfo {
  version: string;
  release: string;
  releaseType: string;
}

/** A registered command. */
export interface CommandEntry {
  desc: CommandDesc;
  help: string;
}

/** What can be told about a process from shared memory and mirrored tables alone: by any thread, whatever the others are doing. */
export interface ProcessView {
  version: VersionInfo;
  commands(): readonly CommandEntry[];
  threads(): ThreadSnapshot[];
  perf(): readonly PerfCounters[];
  conf(): Readonly<Record<string, unknown>>;
}

/** What keeps another thread's view up to date. */
export type MirrorUpdate =
  | { type: 'chunk'; index: number; chunk: Float64Array }
  | { type: 'thread-add'; descriptor: ThreadDescriptor }
  | { type: 'thread-remove'; id: number }
  | { type: 'perf-add'; descriptor: PerfCountersDescriptor }
  | { type: 'perf-remove'; name: string }
  | { type: 'conf'; values: Record<string, unknown> }
  | { type: 'commands'; commands: CommandEntry[] };
