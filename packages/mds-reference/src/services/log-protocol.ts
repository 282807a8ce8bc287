/** One line on its way to the log thread. */
export interface LogLine {
  /** Wall clock, ms since 1970. */
  stamp: number;
  /** Name of the thread that wrote it. */
  thread: string;
  /** Ceph's level: -1 error, 0 always, 1 what happened, 5, 10, 20 ever more detail. */
  prio: number;
  subsys: string;
  text: string;
  /** False: it is only kept for `log dump`. */
  emit: boolean;
}

/** What the log thread is told, by the main isolate or by another thread through its own port. */
export type LogRequest =
  | { type: 'lines'; lines: LogLine[] }
  | { type: 'flush'; id: number }
  | { type: 'dump'; id: number }
  | { type: 'reopen' }
  | { type: 'maxRecent'; count: number }
  | { type: 'producer'; port: unknown }
  | { type: 'stop' };

/** What it answers. */
export interface LogReply {
  type: 'done';
  id: number;
}

/** Slots of the shared counters: lines handed over by the main isolate, and lines of its that are written. */
export const LOG_POSTED = 0;
export const LOG_WRITTEN = 1;
