import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { CephContext, LogSink } from '@cephts/common';
import { WorkerThread } from '@cephts/common/node';
import { LOG_POSTED, LOG_WRITTEN } from './log-protocol.js';
import type { LogLine, LogReply, LogRequest } from './log-protocol.js';

/** Lines handed to the thread at a time. */
const BATCH = 128;
/** How long a producer waits for the log thread, in ms, before it takes it for dead and goes on. */
const PATIENCE = 5000;

/** Options of {@link Log}. */
export interface LogOptions {
  /** File to append to; '' is standard error. @defaultValue the option `log_file` */
  file?: string;
  /** The thread's entry. @defaultValue the one built beside this module */
  workerUrl?: URL;
}

interface Levels {
  log: number;
  gather: number;
}

/** `'1/5'`: lines up to 1 are written, those up to 5 kept for a dump; `'1'` means `'1/1'`. */
export function parseDebugLevel(text: string): Levels {
  const [log, memory] = text.split('/').map((part) => Number(part));
  const level = Number.isInteger(log) ? (log as number) : 1;
  return { log: level, gather: Math.max(level, Number.isInteger(memory) ? (memory as number) : level) };
}

/**
 * The `log` thread and the way to it. Producers queue lines and go on; when more than `log_max_new` wait to be written they wait, as
 * in Ceph, so that memory stays bounded. Nothing that was written before the process exits is lost.
 *
 * @see src/log/Log.cc (16.2.15)
 */
export class Log implements LogSink {
  readonly #cct: CephContext;
  readonly #counters = new Int32Array(new SharedArrayBuffer(8));
  readonly #thread: WorkerThread;
  readonly #levels = new Map<string, Levels>();
  readonly #waiting = new Map<number, () => void>();
  readonly #stopObserving: () => void;
  #pending: LogLine[] = [];
  #posted = 0;
  #nextId = 1;
  #maxNew: number;
  #broken = false;
  #stopped: Promise<void> | undefined;
  readonly #onExit = (): void => this.flushSync();

  /** Starts the thread. */
  constructor(cct: CephContext, options: LogOptions = {}) {
    this.#cct = cct;
    const { conf } = cct;
    this.#maxNew = conf.number('log_max_new');
    this.#thread = new WorkerThread(cct, {
      name: 'log',
      owner: 'Log',
      purpose: 'writes the lines of every thread to the log file',
      url: options.workerUrl ?? new URL('./log.worker.js', import.meta.url),
      workerData: {
        counters: this.#counters.buffer,
        file: options.file ?? conf.str('log_file'),
        maxRecent: conf.number('log_max_recent'),
      },
      onMessage: (message) => this.#onReply(message as LogReply),
      onDeath: (error) => {
        this.#broken = true;
        for (const resolve of this.#waiting.values()) resolve();
        cct.reportError(error, 'log');
      },
    });
    this.#stopObserving = conf.observe((changed) => this.#onConfig(changed));
    process.on('exit', this.#onExit);
  }

  shouldGather(subsys: string, level: number): boolean {
    return level <= this.#levelsOf(subsys).gather;
  }

  write(subsys: string, level: number, message: string): void {
    this.writeAs(this.#cct.currentThread ?? 'main', subsys, level, message);
  }

  /** As {@link write}, for a thread by name. */
  writeAs(thread: string, subsys: string, prio: number, text: string): void {
    if (this.#broken || this.#stopped) return;
    this.#pending.push({ stamp: this.#cct.clock.now(), thread, prio, subsys, text, emit: prio <= this.#levelsOf(subsys).log });
    this.#posted++;
    if (this.#pending.length === 1) this.#cct.clock.defer(() => this.#post());
    else if (this.#pending.length >= BATCH) this.#post();
    if (this.unwritten > this.#maxNew) this.#waitUntil(this.#maxNew);
  }

  /** Lines that are not written yet. */
  get unwritten(): number {
    return this.#posted - Atomics.load(this.#counters, LOG_WRITTEN);
  }

  /** Resolves when everything written so far is in the file. */
  flush(): Promise<void> {
    return this.#ask('flush');
  }

  /** Waits, blocking, until everything written so far is in the file: for the end of the process. */
  flushSync(): void {
    this.#waitUntil(0);
  }

  /** Writes the recent past again, with the lines that were too detailed to be written at the time. */
  dumpRecent(): Promise<void> {
    return this.#ask('dump');
  }

  /** Opens the file anew, after it was rotated. */
  reopen(): void {
    this.#post();
    this.#send({ type: 'reopen' });
  }

  /** A port over which another real thread can send `lines` and `reopen` requests itself. */
  addProducer(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#thread.postMessage({ type: 'producer', port: port2 } satisfies LogRequest, [port2]);
    return port1;
  }

  /** Writes what is left and ends the thread. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#post();
    this.#stopObserving();
    process.off('exit', this.#onExit);
    this.#thread.expectExit();
    this.#send({ type: 'stop' });
    await this.#thread.join();
    for (const resolve of this.#waiting.values()) resolve();
  }

  #levelsOf(subsys: string): Levels {
    let levels = this.#levels.get(subsys);
    if (!levels) {
      const option = `debug_${subsys}`;
      levels = parseDebugLevel(this.#cct.conf.has(option) ? String(this.#cct.conf.get(option)) : '1');
      this.#levels.set(subsys, levels);
    }
    return levels;
  }

  #onConfig(changed: ReadonlySet<string>): void {
    this.#levels.clear();
    this.#maxNew = this.#cct.conf.number('log_max_new');
    if (changed.has('log_max_recent')) this.#send({ type: 'maxRecent', count: this.#cct.conf.number('log_max_recent') });
  }

  #send(request: LogRequest): void {
    if (!this.#broken) this.#thread.postMessage(request);
  }

  #post(): void {
    if (this.#pending.length === 0) return;
    const lines = this.#pending;
    this.#pending = [];
    Atomics.store(this.#counters, LOG_POSTED, this.#posted);
    this.#send({ type: 'lines', lines });
  }

  #ask(type: 'flush' | 'dump'): Promise<void> {
    this.#post();
    if (this.#broken || this.#stopped) return Promise.resolve();
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ type, id });
    });
  }

  #onReply({ id }: LogReply): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.();
  }

  /** Blocks until no more than `most` lines are unwritten. */
  #waitUntil(most: number): void {
    this.#post();
    const deadline = performance.now() + PATIENCE;
    while (!this.#broken) {
      const written = Atomics.load(this.#counters, LOG_WRITTEN);
      if (this.#posted - written <= most) return;
      const patience = deadline - performance.now();
      if (patience <= 0) this.#broken = true;
      else Atomics.wait(this.#counters, LOG_WRITTEN, written, patience);
    }
  }
}
