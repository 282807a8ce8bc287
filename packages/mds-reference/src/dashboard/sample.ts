// What travels from the MDS to the page, and what both know of it. Nothing of Node in here: the page is built from it too.

/** A line of the thread table; times in ms. */
export interface ThreadSample {
  id: number;
  name: string;
  kind: 'cooperative' | 'real';
  owner: string;
  purpose: string;
  state: string;
  wakeups: number;
  slices: number;
  items: number;
  queued: number;
  busyMs: number;
  maxSliceMs: number;
}

/** An average of `perf dump`: seconds for a time. */
export interface PerfAverage {
  avgcount: number;
  sum: number;
}

/** `perf dump`. */
export type PerfSample = Record<string, Record<string, unknown>>;

/** An operation. */
export interface OpSample {
  seq: number;
  description: string;
  /** Wall clock, ms since 1970. */
  startedAt: number;
  /** ms so far, or until it was done. */
  duration: number;
  done: boolean;
  /** Triples: ms since it began, and which of {@link DaemonSample.words} name the event and its thread. */
  marks: number[];
}

/** A session of a client. */
export interface SessionSample {
  id: number;
  addr: string;
  host: string;
  state: string;
  caps: number;
  leases: number;
  requests: number;
  /** Seconds. */
  uptime: number;
}

/** Positions in the journal, in bytes; each at most the one after. */
export interface JournalSample {
  trimmed: number;
  expire: number;
  safe: number;
  write: number;
  segments: number;
  events: number;
  expiring: number;
  /** Bytes of one object. */
  period: number;
}

/** What only the main isolate can tell. */
export interface DaemonSample {
  state: string;
  wantState: string;
  whoami: number;
  fsid: string;
  fsName: string;
  addr: string;
  epoch: number;
  /** Seconds. */
  uptime: number;
  /** Mode of the object store, as in `'LmdbObjectStore'`. */
  store: string;
  cacheMemoryLimit: number;
  journal: JournalSample | undefined;
  sessions: SessionSample[];
  numSessions: number;
  numOps: number;
  words: string[];
  inFlight: OpSample[];
  latest: OpSample[];
  longest: OpSample[];
}

/** One look at everything. */
export interface Sample {
  /** Wall clock, ms since 1970. */
  at: number;
  /** How long the main isolate has not answered, in ms; 0 while it does. Then {@link daemon} is as old. */
  blockedMs: number;
  threads: ThreadSample[];
  perf: PerfSample;
  /** Bytes. */
  rss: number;
  /** Seconds of processor time of the process so far. */
  cpu: number;
  daemon: DaemonSample | undefined;
}

/** What a page is told first. */
export interface Hello {
  name: string;
  version: string;
  ceph: string;
  pid: number;
  host: string;
  /** ms between samples. */
  interval: number;
  guide: { name: string; owner: string; text: string }[];
  history: Point[];
}

/** A point of the charts: running totals and present values, from which the page makes rates. */
export interface Point {
  at: number;
  blockedMs: number;
  rss: number;
  cpu: number;
  /** By {@link SERIES}. */
  values: number[];
  /** Pairs by thread: its id and how many ms it was busy so far. */
  busy: number[];
}

/** Where the numbers of the charts come from: logger and counter, `sum` and `count` of an average. */
export const SERIES = [
  ['mds_server', 'handle_client_request'],
  ['mds', 'reply'],
  ['mds', 'reply_latency', 'sum'],
  ['mds', 'reply_latency', 'avgcount'],
  ['mds_log', 'evadd'],
  ['mds_log', 'jlat', 'sum'],
  ['mds_log', 'jlat', 'avgcount'],
  ['mds_log', 'wrpos'],
  ['mds_log', 'expos'],
  ['mds_sessions', 'session_count'],
  ['mds_mem', 'ino'],
  ['mds_mem', 'dn'],
  ['mds_mem', 'cap'],
  ['AsyncMessenger::Worker-0', 'msgr_recv_messages'],
  ['AsyncMessenger::Worker-0', 'msgr_send_messages'],
  ['AsyncMessenger::Worker-0', 'msgr_recv_bytes'],
  ['AsyncMessenger::Worker-0', 'msgr_send_bytes'],
] as const;

/** Name of a row of {@link SERIES}. */
export function seriesKey([logger, counter, part]: readonly [string, string, string?]): string {
  return part === undefined ? `${logger}.${counter}` : `${logger}.${counter}.${part}`;
}

/** A number of `perf dump`; 0 where there is none. */
export function perfNumber(perf: PerfSample, logger: string, counter: string, part?: string): number {
  const value = perf[logger]?.[counter];
  const number = part === undefined ? value : (value as Record<string, unknown> | undefined)?.[part];
  return typeof number === 'number' ? number : 0;
}

/** What the charts keep of a sample. */
export function pointOf(sample: Sample): Point {
  const { at, blockedMs, rss, cpu, perf, threads } = sample;
  return {
    at,
    blockedMs,
    rss,
    cpu,
    values: SERIES.map(([logger, counter, part]) => perfNumber(perf, logger, counter, part)),
    busy: threads.flatMap(({ id, busyMs }) => [id, busyMs]),
  };
}
