import { unlinkSync } from 'node:fs';
import { CephError, ERRNO } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import { WorkerThread } from '@cephts/common/node';
import type { AsokReply, AsokRequest } from './admin-socket-protocol.js';
import { checkRequest, CommandRegistry } from './command-registry.js';
import type { CommandHook } from './command-registry.js';
import type { Log } from './log.js';
import { mirrorProcess } from './process-mirror.js';
import type { ProcessView, VersionInfo } from './process-view.js';
import { renderResult, SELF_ANSWERED } from './self-answers.js';
import type { CommandResult } from './self-answers.js';

/** Longest path of a unix socket that Linux takes, in bytes. */
const MAX_PATH = 107;

/** Options of {@link AdminSocket.init}. */
export interface AdminSocketInit {
  path: string;
  log?: Log;
  workerUrl?: URL;
}

/**
 * The daemon's commands, and the `admin_socket` thread that takes them from a unix socket.
 *
 * @see src/common/admin_socket.cc (16.2.15)
 */
export class AdminSocket {
  readonly #cct: CephContext;
  readonly #registry = new CommandRegistry();
  readonly #view: ProcessView;
  readonly #version: VersionInfo;
  readonly #told = new Map<number, (result: CommandResult, text: string) => void>();
  #thread: WorkerThread | undefined;
  #path = '';
  #nextTell = 1;
  #undo: (() => void)[] = [];

  constructor(cct: CephContext, version: VersionInfo) {
    this.#cct = cct;
    this.#version = version;
    this.#view = {
      version,
      commands: () => this.#registry.entries(),
      threads: () => cct.threads.list(),
      perf: () => cct.perf.list(),
      conf: () => cct.conf.show(),
    };
    for (const [desc, help] of SELF_ANSWERED) {
      // answered before any hook is asked
      this.#registry.register(desc, help, (_cmd, done) => done(-ERRNO.ENOSYS, 'answered elsewhere'));
    }
  }

  /** Adds a command; see CommandRegistry.register. */
  registerCommand(desc: string, help: string, hook: CommandHook): void {
    this.#registry.register(desc, help, hook);
  }

  unregisterCommand(prefix: string): void {
    this.#registry.unregister(prefix);
  }

  /**
   * Starts the thread; resolves when the socket listens.
   *
   * @throws CephError `ERR_CEPH_ADMIN_SOCKET` when the path is too long or cannot be listened on
   */
  async init({ path, log, workerUrl }: AdminSocketInit): Promise<void> {
    if (new TextEncoder().encode(path).length > MAX_PATH) {
      throw new CephError('ERR_CEPH_ADMIN_SOCKET', `the path of the admin socket is longer than ${MAX_PATH} bytes: ${path}`, {
        errno: ERRNO.ENAMETOOLONG,
      });
    }
    const logPort = log?.addProducer();
    await new Promise<void>((resolve, reject) => {
      const fail = (message: string): void => reject(new CephError('ERR_CEPH_ADMIN_SOCKET', message, { errno: ERRNO.EADDRINUSE }));
      const thread = new WorkerThread(this.#cct, {
        name: 'admin_socket',
        owner: 'AdminSocket',
        purpose: 'answers administrators on the unix socket, even while the main isolate is busy',
        url: workerUrl ?? new URL('./admin-socket.worker.js', import.meta.url),
        workerData: { path, version: this.#version, logPort },
        transferList: logPort ? [logPort] : [],
        onMessage: (message) => {
          const reply = message as AsokReply;
          if (reply.type === 'listening') {
            this.#path = path;
            resolve();
          } else if (reply.type === 'failed') {
            fail(reply.message);
          } else {
            this.#onReply(reply);
          }
        },
      });
      this.#thread = thread;
      const tellCommands = (): void =>
        thread.postMessage({
          type: 'mirror',
          update: { type: 'commands', commands: [...this.#registry.entries()] },
        } satisfies AsokRequest);
      this.#undo = [
        mirrorProcess(this.#cct, (update) => thread.postMessage({ type: 'mirror', update } satisfies AsokRequest)),
        this.#registry.onChange(tellCommands),
      ];
      tellCommands();
    }).catch(async (error: unknown) => {
      await this.shutdown();
      throw error;
    });
  }

  /**
   * Runs a command that came as JSON, and gives what the socket would have answered. With the thread running it takes its turn there.
   *
   * @param done is given the result and, for success, its text
   */
  execute(json: string, done: (result: CommandResult, text: string) => void): void {
    if (this.#thread) {
      const id = this.#nextTell++;
      this.#told.set(id, done);
      this.#thread.postMessage({ type: 'tell', id, json } satisfies AsokRequest);
      return;
    }
    const checked = checkRequest(json, this.#registry.entries());
    if ('error' in checked) done(checked.error, '');
    else {
      this.#registry.run(checked.prefix, checked.cmd, this.#view, (result) =>
        done(result, renderResult({ ...result, r: 0 }, checked.format)),
      );
    }
  }

  /** As {@link execute}, for a person: resolves to the text, or rejects with the error. */
  command(prefix: string, args: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return new Promise((resolve, reject) =>
      this.execute(JSON.stringify({ ...args, prefix }), ({ r, err }, text) =>
        r < 0 ? reject(new CephError('ERR_CEPH_COMMAND', `${prefix}: ${err}`, { errno: -r })) : resolve(text),
      ),
    );
  }

  /** Ends the thread and removes the socket. */
  async shutdown(): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    this.#thread = undefined;
    for (const end of this.#undo.splice(0)) end();
    thread.expectExit();
    thread.postMessage({ type: 'stop' } satisfies AsokRequest);
    await thread.join();
    for (const done of this.#told.values()) done({ r: -ERRNO.ESHUTDOWN, err: 'the daemon is going down', out: '' }, '');
    this.#told.clear();
    try {
      if (this.#path !== '') unlinkSync(this.#path);
    } catch {
      // the thread removes it when it closes the socket itself
    }
  }

  #onReply(reply: AsokReply): void {
    if (reply.type === 'command') {
      this.#registry.run(reply.prefix, reply.cmd, this.#view, (result) =>
        this.#thread?.postMessage({ type: 'result', id: reply.id, result } satisfies AsokRequest),
      );
    } else if (reply.type === 'told') {
      const done = this.#told.get(reply.id);
      this.#told.delete(reply.id);
      done?.(reply.result, reply.text);
    }
  }
}
