import type { MirrorUpdate } from '../services/process-view.js';
import type { DaemonSample, Hello } from './sample.js';

/** What a page is told first, but for what the thread knows itself. */
export type Greeting = Omit<Hello, 'history' | 'interval'>;

/** What the `dashboard` thread is given. */
export interface DashboardData {
  host: string;
  port: number;
  token: string | undefined;
  /** Folder of the page's files. */
  page: string;
  greeting: Greeting;
  /** ms between samples. */
  interval: number;
}

/** What it is told. */
export type DashboardRequest =
  { type: 'mirror'; update: MirrorUpdate } | { type: 'daemon'; id: number; sample: DaemonSample } | { type: 'stop' };

/** What it tells the main isolate. */
export type DashboardReply =
  { type: 'listening'; host: string; port: number } | { type: 'failed'; message: string } | { type: 'ask'; id: number };
