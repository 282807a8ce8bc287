// The `log` thread: takes lines from every thread and writes them, so that nobody else ever waits for the disk.
import type { MessagePort } from 'node:worker_threads';
import { attachThread } from '@cephts/common/node';
import pino from 'pino';
import { LOG_WRITTEN } from './log-protocol.js';
import type { LogLine, LogReply, LogRequest } from './log-protocol.js';

const { entry, port, data, monotonicNow } = attachThread();
const counters = new Int32Array(data['counters'] as SharedArrayBuffer);
const file = data['file'] as string;
let maxRecent = data['maxRecent'] as number;
const recent: LogLine[] = [];

const destination = pino.destination({
  dest: file === '' ? 2 : file,
  sync: true,
  minLength: 65_536,
  maxWrite: 131_072,
  mkdir: true,
});
// a full disk must not end the thread: lines are lost, the daemon goes on
destination.on('error', () => undefined);
const logger = pino(
  {
    level: 'trace',
    base: null,
    timestamp: false,
    formatters: { level: (label) => ({ level: label }) },
  },
  destination,
);

function emit({ stamp, thread, prio, subsys, text }: LogLine): void {
  const fields = { stamp: new Date(stamp).toISOString(), thread, subsys, prio };
  if (prio < 0) logger.error(fields, text);
  else if (prio <= 1) logger.info(fields, text);
  else if (prio <= 5) logger.debug(fields, text);
  else logger.trace(fields, text);
}

function flush(): void {
  try {
    destination.flushSync();
  } catch {
    // as above: what cannot be written is lost
  }
}

function keep(line: LogLine): void {
  recent.push(line);
  // trimmed in blocks, so that keeping a line costs the same however many are kept
  if (recent.length >= maxRecent * 2) recent.splice(0, recent.length - maxRecent);
}

function takeLines(lines: LogLine[], counted: boolean): void {
  for (const line of lines) {
    keep(line);
    if (line.emit) emit(line);
  }
  flush();
  entry.addItems(lines.length);
  if (!counted) return;
  Atomics.add(counters, LOG_WRITTEN, lines.length);
  Atomics.notify(counters, LOG_WRITTEN);
}

function dumpRecent(): void {
  const lines = recent.slice(-maxRecent);
  const stamp = Date.now();
  const note = (text: string): void => emit({ stamp, thread: 'log', prio: 0, subsys: 'log', text, emit: true });
  note(`--- begin dump of ${lines.length} recent lines ---`);
  for (const line of lines) emit(line);
  note('--- end dump of recent lines ---');
  flush();
}

function reply(id: number): void {
  port.postMessage({ type: 'done', id } satisfies LogReply);
}

function handle(request: LogRequest, counted: boolean): void {
  const begin = monotonicNow();
  entry.state = 'running';
  entry.countWakeup();
  switch (request.type) {
    case 'lines':
      takeLines(request.lines, counted);
      break;
    case 'flush':
      flush();
      reply(request.id);
      break;
    case 'dump':
      dumpRecent();
      reply(request.id);
      break;
    case 'reopen':
      flush();
      if (file !== '') destination.reopen();
      break;
    case 'maxRecent':
      maxRecent = request.count;
      break;
    case 'producer':
      (request.port as MessagePort).on('message', (more: LogRequest) => handle(more, false));
      break;
    case 'stop':
      flush();
      port.close();
      process.exit(0);
  }
  entry.countSlice(monotonicNow() - begin);
  entry.state = 'waiting';
}

port.on('message', (request: LogRequest) => handle(request, true));
