// The `admin_socket` thread: owns the unix socket. What shared memory can tell it answers itself, so that it answers while the main isolate
// is stuck; everything else it hands over, one command at a time, in order.
import { chmodSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { attachThread } from '@cephts/common/node';
import type { AsokReply, AsokRequest } from './admin-socket-protocol.js';
import { frameReply, parseRequest } from './asok-request.js';
import type { CommandMap } from './command-desc.js';
import { checkRequest } from './command-registry.js';
import type { LogRequest } from './log-protocol.js';
import { ProcessMirror } from './process-mirror.js';
import type { VersionInfo } from './process-view.js';
import { renderResult, selfAnswer } from './self-answers.js';
import type { CommandResult } from './self-answers.js';

/** How long a client may take to send its request, in ms. */
const REQUEST_TIMEOUT = 30_000;

interface Waiting {
  prefix: string;
  cmd: CommandMap;
  done: (result: CommandResult) => void;
}

const { entry, port, data, monotonicNow } = attachThread();
const path = data['path'] as string;
const log = data['logPort'] as MessagePort | undefined;
const mirror = new ProcessMirror(data['version'] as VersionInfo);
const waiting: Waiting[] = [];
let current: Waiting | undefined;
let nextId = 1;

function say(prio: number, text: string): void {
  const line = { stamp: Date.now(), thread: 'admin_socket', prio, subsys: 'asok', text, emit: prio <= 0 };
  log?.postMessage({ type: 'lines', lines: [line] } satisfies LogRequest);
}

function send(reply: AsokReply): void {
  port.postMessage(reply);
}

function forwardNext(): void {
  current = waiting.shift();
  entry.queued = waiting.length;
  if (current) send({ type: 'command', id: nextId++, prefix: current.prefix, cmd: current.cmd });
}

function execute(json: string, done: (result: CommandResult, format: string) => void): void {
  const begin = monotonicNow();
  entry.state = 'running';
  entry.countWakeup();
  entry.addItems(1);
  const checked = checkRequest(json, mirror.commands());
  if ('error' in checked) {
    say(0, `request '${json.slice(0, 200)}' refused: ${checked.error.err}`);
    done(checked.error, 'json-pretty');
  } else {
    const { prefix, cmd, format } = checked;
    const own = selfAnswer(prefix, cmd, mirror);
    if (own) {
      done(own, format);
    } else {
      waiting.push({ prefix, cmd, done: (result) => done(result, format) });
      if (!current) forwardNext();
    }
  }
  entry.countSlice(monotonicNow() - begin);
  entry.state = 'waiting';
}

function serve(socket: Socket): void {
  const parts: Uint8Array[] = [];
  let taken = false;
  socket.setTimeout(REQUEST_TIMEOUT, () => socket.destroy());
  // a client that goes away is no error of ours
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Uint8Array) => {
    if (taken) return;
    parts.push(bytes);
    const request = parseRequest(parts.length === 1 ? bytes : Buffer.concat(parts));
    if (!request.done) return;
    taken = true;
    socket.setTimeout(0);
    if ('error' in request) {
      say(0, request.error);
      socket.destroy();
      return;
    }
    execute(request.json, (result, format) => socket.end(frameReply(renderResult(result, format))));
  });
}

const server = createServer({ allowHalfOpen: true }, serve);

function listen(): void {
  server.listen(path, () => {
    chmodSync(path, 0o755);
    send({ type: 'listening' });
  });
}

/** A socket file may be left from a process that died: then nobody answers, and it is ours to replace. */
function replaceStale(): void {
  const probe = connect(path, () => {
    probe.destroy();
    send({ type: 'failed', message: `the admin socket ${path} belongs to a process that is running` });
  });
  probe.on('error', () => {
    try {
      unlinkSync(path);
    } catch {
      // gone in the meantime
    }
    server.once('error', (error) => send({ type: 'failed', message: error.message }));
    listen();
  });
}

server.once('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EADDRINUSE') replaceStale();
  else send({ type: 'failed', message: `cannot listen on the admin socket ${path}: ${error.message}` });
});

port.on('message', (request: AsokRequest) => {
  switch (request.type) {
    case 'mirror':
      mirror.apply(request.update);
      break;
    case 'tell':
      execute(request.json, (result, format) =>
        send({ type: 'told', id: request.id, result, text: renderResult({ ...result, r: 0 }, format) }),
      );
      break;
    case 'result': {
      const { done } = current as Waiting;
      forwardNext();
      done(request.result);
      break;
    }
    case 'stop':
      server.close();
      process.exit(0);
  }
});
listen();
