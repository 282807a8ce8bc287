import { PerfCounters, ThreadEntry } from '@cephts/common';
import type { CephContext, ThreadSnapshot } from '@cephts/common';
import type { CommandEntry, MirrorUpdate, ProcessView, VersionInfo } from './process-view.js';

/** A view of the process from another thread: built from updates, reading the numbers from shared memory. */
export class ProcessMirror implements ProcessView {
  readonly version: VersionInfo;
  readonly #chunks: Float64Array[] = [];
  readonly #threads = new Map<number, ThreadEntry>();
  readonly #perf = new Map<string, PerfCounters>();
  #commands: readonly CommandEntry[] = [];
  #conf: Readonly<Record<string, unknown>> = {};

  constructor(version: VersionInfo) {
    this.version = version;
  }

  apply(update: MirrorUpdate): void {
    switch (update.type) {
      case 'chunk':
        this.#chunks[update.index] = update.chunk;
        break;
      case 'thread-add':
        this.#threads.set(update.descriptor.id, ThreadEntry.attach(update.descriptor, this.#chunks));
        break;
      case 'thread-remove':
        this.#threads.delete(update.id);
        break;
      case 'perf-add':
        this.#perf.set(update.descriptor.name, PerfCounters.attach(update.descriptor, this.#chunks));
        break;
      case 'perf-remove':
        this.#perf.delete(update.name);
        break;
      case 'conf':
        this.#conf = update.values;
        break;
      case 'commands':
        this.#commands = update.commands;
        break;
    }
  }

  commands(): readonly CommandEntry[] {
    return this.#commands;
  }

  threads(): ThreadSnapshot[] {
    return [...this.#threads.values()].map((entry) => entry.snapshot());
  }

  perf(): readonly PerfCounters[] {
    return [...this.#perf.values()];
  }

  conf(): Readonly<Record<string, unknown>> {
    return this.#conf;
  }
}

/**
 * Sends all that a {@link ProcessMirror} needs: what is there now, then every change. Chunks of memory go before what lies in them.
 *
 * @returns a function that ends it
 */
export function mirrorProcess(cct: CephContext, send: (update: MirrorUpdate) => void): () => void {
  const { slab, threads, perf, conf } = cct;
  slab.chunks.forEach((chunk, index) => send({ type: 'chunk', index, chunk }));
  for (const entry of threads.entries()) send({ type: 'thread-add', descriptor: entry.describe() });
  for (const counters of perf.list()) send({ type: 'perf-add', descriptor: counters.describe() });
  send({ type: 'conf', values: conf.show() });
  const undo = [
    slab.onChunk((chunk, index) => send({ type: 'chunk', index, chunk })),
    threads.onChange((event, entry) =>
      send(event === 'add' ? { type: 'thread-add', descriptor: entry.describe() } : { type: 'thread-remove', id: entry.id }),
    ),
    perf.onChange((event, counters) =>
      send(event === 'add' ? { type: 'perf-add', descriptor: counters.describe() } : { type: 'perf-remove', name: counters.name }),
    ),
    conf.observe(() => send({ type: 'conf', values: conf.show() })),
  ];
  return () => {
    for (const end of undo) end();
  };
}
