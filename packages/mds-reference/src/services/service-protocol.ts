/** How often the service thread looks at the main isolate's beat, and how often that beats, in ms. */
export const ISOLATE_LOOK_MS = 500;

/** A worker of the HeartbeatMap, and where its deadline lies in shared memory. */
export interface WatchedWorker {
  name: string;
  chunk: number;
  index: number;
}

/** What the service thread is told. */
export type ServiceRequest =
  | { type: 'workers'; workers: WatchedWorker[]; chunks: { index: number; chunk: Float64Array }[] }
  | { type: 'interval'; intervalMs: number }
  | { type: 'reopenLogs' }
  | { type: 'stop' };
