import type { RecordedOp, Recording, TracedThread } from './trace-recorder.js';

/** An event of a Chrome trace; times in µs. */
export interface TraceEvent {
  ph: 'X' | 'M' | 's' | 't' | 'f' | 'b' | 'e';
  pid: number;
  tid: number;
  name: string;
  ts?: number;
  dur?: number;
  cat?: string;
  /** Whole numbers: Perfetto reads a string as hexadecimal, and drops the arrows of those that are none. */
  id?: number;
  bp?: 'e';
  args?: Record<string, unknown>;
}

/** The file that Perfetto opens. */
export interface ChromeTrace {
  displayTimeUnit: 'ms';
  otherData: Record<string, unknown>;
  traceEvents: TraceEvent[];
}

const PID = 1;
/** Calls from outside of any turn, which wake threads, are drawn this long, in µs: an arrow has to begin at something. */
const CALLBACK = 1;

/** Slices of one thread, in order. */
class Track {
  readonly thread: TracedThread;
  /** Pairs: begin, end; in µs. */
  readonly slices: [begin: number, end: number][] = [];
  readonly steps: { begin: number; end: number; what: string; until: string }[] = [];

  constructor(thread: TracedThread) {
    this.thread = thread;
  }

  /** The first slice that ends at or after `at`; the one that `at` lies in, where there is one. */
  from(at: number): [begin: number, end: number] | undefined {
    let low = 0;
    let high = this.slices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.slices[middle] as [number, number])[1] < at) low = middle + 1;
      else high = middle;
    }
    return this.slices[low];
  }

  has(at: number): boolean {
    return (this.from(at)?.[0] ?? Infinity) <= at;
  }
}

/** Eighths of a microsecond: binary fractions, so that sums are exact, and so are the nanoseconds that readers make of them. */
const micros = (ms: number): number => Math.round(ms * 8e3) / 8;

class Writer {
  readonly events: TraceEvent[] = [];
  /** Written last: an arrow binds to a slice that the reader has already seen, also when both begin at the same time. */
  readonly #arrows: TraceEvent[] = [];
  readonly #recording: Recording;
  readonly #tracks = new Map<number, Track>();
  readonly #main: Track;
  /** What the main thread did outside of turns, by when. */
  readonly #callbacks = new Map<number, string>();
  #flows = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
    for (const thread of recording.threads) this.#tracks.set(thread.id, new Track(thread));
    this.#main = [...this.#tracks.values()].find(({ thread }) => thread.owner === 'main') ?? new Track(NOBODY);
    this.#tracks.set(this.#main.thread.id, this.#main);
  }

  write(name: string): void {
    this.#names(name);
    this.#slices();
    this.#wakes();
    for (const op of this.#recording.ops) this.#operation(op);
    this.#writeSteps();
    this.#writeCallbacks();
    for (const event of this.#arrows) this.events.push(event);
  }

  #at(ms: number): number {
    return micros(ms - this.#recording.begin);
  }

  #add(event: Omit<TraceEvent, 'pid'>): void {
    this.events.push({ pid: PID, ...event });
  }

  #names(name: string): void {
    this.#add({ ph: 'M', tid: 0, name: 'process_name', args: { name } });
    for (const { thread } of this.#tracks.values()) {
      const { id, name: threadName, owner, kind } = thread;
      this.#add({
        ph: 'M',
        tid: id,
        name: 'thread_name',
        args: { name: `${threadName} (${owner}${kind === 'real' ? ', real' : ''})` },
      });
      this.#add({ ph: 'M', tid: id, name: 'thread_sort_index', args: { sort_index: id } });
    }
  }

  #slices(): void {
    const { slices } = this.#recording;
    for (let i = 0; i < slices.length; i += 3) {
      const [thread, begin, duration] = [slices[i] as number, slices[i + 1] as number, slices[i + 2] as number];
      this.#tracks.get(thread)?.slices.push([this.#at(begin), this.#at(begin + duration)]);
    }
    for (const { thread, slices: own } of this.#tracks.values()) {
      own.sort(([a], [b]) => a - b);
      for (const [ts, end] of own) this.#add({ ph: 'X', cat: 'thread', tid: thread.id, name: thread.name, ts, dur: end - ts });
    }
  }

  /** An arrow from who woke a thread to the turn that followed. */
  #wakes(): void {
    const { wakes } = this.#recording;
    for (let i = 0; i < wakes.length; i += 3) {
      const at = this.#at(wakes[i + 1] as number);
      const to = this.#tracks.get(wakes[i + 2] as number);
      const turn = to?.from(at);
      if (!to || !turn) continue;
      const from = this.#tracks.get(wakes[i] as number) ?? this.#main;
      if (from === this.#main) this.#callback(at, `wakes ${to.thread.name}`);
      else if (!from.has(at)) continue;
      this.#arrow('wake-up', 'wake', ++this.#flows, [
        [from, at],
        [to, Math.max(at, turn[0])],
      ]);
    }
  }

  /** Something that the main thread did outside of any turn. */
  #callback(at: number, name: string): void {
    if (!this.#callbacks.has(at)) this.#callbacks.set(at, name);
  }

  #writeCallbacks(): void {
    const sorted = [...this.#callbacks].sort(([a], [b]) => a - b);
    sorted.forEach(([ts, name], i) => {
      const dur = Math.min(CALLBACK, (sorted[i + 1]?.[0] ?? Infinity) - ts);
      this.#add({ ph: 'X', cat: 'callback', tid: this.#main.thread.id, name, ts, dur });
    });
  }

  #arrow(name: string, cat: string, id: number, points: readonly (readonly [track: Track, ts: number])[]): void {
    points.forEach(([{ thread }, ts], i) => {
      const ph = i === 0 ? 's' : i === points.length - 1 ? 'f' : 't';
      this.#arrows.push({ pid: PID, ph, cat, name, id, tid: thread.id, ts, ...(ph === 's' ? {} : { bp: 'e' }) });
    });
  }

  /** An operation: a bar over its whole time, what each thread did for it, and an arrow for each hand-over. */
  #operation(op: RecordedOp): void {
    const { description, seq: id } = op;
    const [, what = 'internal op'] = /^client_request\(\S+ (\S+)/.exec(description) ?? [];
    const marks = this.#marksOf(op);
    this.#add({ ph: 'b', cat: 'request', id, name: what, tid: 0, ts: this.#at(op.begin), args: { description } });
    this.#add({ ph: 'e', cat: 'request', id, name: what, tid: 0, ts: this.#at(op.end) });
    const points: [Track, number][] = [];
    let previous: { track: Track; ts: number } | undefined;
    for (const [at, event, threadName] of marks) {
      const ts = this.#at(at);
      const track = this.#trackOf(threadName, ts);
      if (!track) continue;
      if (previous?.track === track) this.#step(track, previous.ts, ts, what, event);
      else points.push([track, ts]);
      previous = { track, ts };
    }
    if (points.length > 1) this.#arrow(what, 'request', id, points);
  }

  /** When, what, and on which thread; in order. */
  #marksOf({ marks }: RecordedOp): [at: number, event: string, thread: string][] {
    const { words } = this.#recording;
    const found: [number, string, string][] = [];
    for (let i = 0; i < marks.length; i += 3)
      found.push([marks[i] as number, words[marks[i + 1] as number] ?? '', words[marks[i + 2] as number] ?? '']);
    return found.sort(([a], [b]) => a - b);
  }

  /** The thread of that name which worked then; outside of turns it is the main thread, in a callback. */
  #trackOf(name: string, ts: number): Track | undefined {
    if (name === 'main') {
      this.#callback(ts, 'object store calls back');
      return this.#main;
    }
    for (const track of this.#tracks.values()) if (track.thread.name === name && track.has(ts)) return track;
    return undefined;
  }

  /** What a thread did for an operation within one turn. */
  #step(track: Track, begin: number, end: number, what: string, event: string): void {
    const turn = track.from(begin);
    if (turn && turn[0] <= begin && end <= turn[1] && end > begin) track.steps.push({ begin, end, what, until: event.trim() });
  }

  /** Of steps that overlap without one being inside the other, since an operation waited, the first is drawn. */
  #writeSteps(): void {
    for (const { thread, steps } of this.#tracks.values()) {
      steps.sort((a, b) => a.begin - b.begin || b.end - a.end);
      const open: number[] = [];
      for (const { begin, end, what, until } of steps) {
        while (open.length > 0 && (open.at(-1) as number) <= begin) open.pop();
        if (end > (open.at(-1) ?? Infinity)) continue;
        open.push(end);
        this.#add({ ph: 'X', cat: 'request', tid: thread.id, name: what, ts: begin, dur: end - begin, args: { until } });
      }
    }
  }
}

const NOBODY: TracedThread = { id: 0, name: 'main', owner: 'main', kind: 'real' };

/** A recording as a Chrome trace: a track for each thread, an arrow for each hand-over. */
export function chromeTrace(recording: Recording, name: string): ChromeTrace {
  const writer = new Writer(recording);
  writer.write(name);
  const { begin, end, truncated, ops } = recording;
  return {
    displayTimeUnit: 'ms',
    otherData: { recorded_ms: Math.round(end - begin), operations: ops.length, truncated },
    traceEvents: writer.events,
  };
}
