// The `service` thread: watches the other threads through shared memory, so that it sees a stuck one even when that one is the main isolate.
import type { MessagePort } from 'node:worker_threads';
import { utimes, writeFileSync } from 'node:fs';
import { PerfCounters } from '@cephts/common';
import type { PerfCountersDescriptor } from '@cephts/common';
import { attachThread } from '@cephts/common/node';
import type { LogLine, LogRequest } from './log-protocol.js';
import { ISOLATE_LOOK_MS } from './service-protocol.js';
import type { ServiceRequest, WatchedWorker } from './service-protocol.js';

const { entry, port, data, monotonicNow } = attachThread();
const chunks = data['chunks'] as Float64Array[];
const log = data['logPort'] as MessagePort | undefined;
const perf = PerfCounters.attach(data['perf'] as PerfCountersDescriptor, chunks);
const beat = data['beat'] as { chunk: number; index: number };
const isolateGrace = data['isolateGraceMs'] as number;
const TOTAL = perf.idx('total_workers');
const UNHEALTHY = perf.idx('unhealthy_workers');
let intervalMs = data['intervalMs'] as number;
let heartbeatFile = data['heartbeatFile'] as string;
let workers: WatchedWorker[] = data['workers'] as WatchedWorker[];
let lastLook = monotonicNow();
/** Workers that were silent at the last look. */
const silent = new Set<string>();
let isolateBlockedSince = 0;

function say(prio: number, text: string): void {
  const line: LogLine = { stamp: Date.now(), thread: 'service', prio, subsys: 'heartbeatmap', text, emit: true };
  log?.postMessage({ type: 'lines', lines: [line] } satisfies LogRequest);
}

function read(slot: { chunk: number; index: number }): number {
  return chunks[slot.chunk]?.[slot.index] ?? 0;
}

/** The isolate that is the lock promises to beat twice a second; no beat: whatever it runs now has not ended. */
function lookAtIsolate(now: number): boolean {
  const silence = now - read(beat);
  const blocked = read(beat) > 0 && silence > isolateGrace;
  if (blocked && isolateBlockedSince === 0) {
    isolateBlockedSince = read(beat);
    say(-1, `the main isolate has been blocked for ${(silence / 1000).toFixed(3)} s: every cooperative thread waits`);
  } else if (!blocked && isolateBlockedSince > 0) {
    say(0, `the main isolate runs again, after ${((read(beat) - isolateBlockedSince) / 1000).toFixed(3)} s`);
    isolateBlockedSince = 0;
  }
  return blocked;
}

function lookAtWorkers(now: number): number {
  let count = 0;
  for (const worker of workers) {
    const deadline = read(worker);
    if (deadline > 0 && deadline < now) {
      count++;
      if (!silent.has(worker.name))
        say(-1, `${worker.name} is silent: its deadline passed ${((now - deadline) / 1000).toFixed(3)} s ago`);
      silent.add(worker.name);
    } else if (silent.delete(worker.name)) {
      say(0, `${worker.name} reports again`);
    }
  }
  return count;
}

/** As the monitoring of old wants it: the file's time is that of the last look at which all was well. */
function touchFile(): void {
  if (heartbeatFile === '') return;
  const now = new Date();
  utimes(heartbeatFile, now, now, (error) => {
    if (!error) return;
    try {
      writeFileSync(heartbeatFile, '');
    } catch {
      heartbeatFile = '';
      say(-1, 'the heartbeat file cannot be written');
    }
  });
}

function look(): void {
  const now = monotonicNow();
  entry.state = 'running';
  entry.countWakeup();
  const blocked = lookAtIsolate(now);
  const due = intervalMs > 0 && now - lastLook >= intervalMs;
  if (due || blocked) {
    const unhealthy = lookAtWorkers(now);
    perf.set(TOTAL, workers.length + 1);
    perf.set(UNHEALTHY, unhealthy + (blocked ? 1 : 0));
    if (due) {
      lastLook = now;
      if (unhealthy === 0 && !blocked) touchFile();
    }
  } else {
    perf.set(UNHEALTHY, silent.size);
  }
  entry.addItems(1);
  entry.countSlice(monotonicNow() - now);
  entry.state = 'waiting';
}

port.on('message', (request: ServiceRequest) => {
  switch (request.type) {
    case 'workers':
      workers = request.workers;
      for (const { index, chunk } of request.chunks) chunks[index] = chunk;
      look();
      break;
    case 'interval':
      intervalMs = request.intervalMs;
      break;
    case 'reopenLogs':
      log?.postMessage({ type: 'reopen' } satisfies LogRequest);
      say(0, 'asked the log thread to reopen its file');
      break;
    case 'stop':
      process.exit(0);
  }
});
perf.set(TOTAL, workers.length + 1);
setInterval(look, ISOLATE_LOOK_MS);
