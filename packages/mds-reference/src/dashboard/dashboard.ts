import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CephError, ERRNO } from '@cephts/common';
import { WorkerThread } from '@cephts/common/node';
import type { MDSDaemon } from '../daemon/mds-daemon.js';
import { THREAD_GUIDE } from '../daemon/thread-guide.js';
import { CEPH_VERSION, CEPHTS_VERSION } from '../daemon/version.js';
import { mirrorProcess } from '../services/process-mirror.js';
import { requireToken } from './access.js';
import { DEFAULT_ADDRESS, parseListenAddress } from './address.js';
import { daemonSample } from './daemon-state.js';
import type { DashboardData, DashboardReply, DashboardRequest } from './dashboard-protocol.js';

/** Options of {@link Dashboard.start}; all optional. */
export interface DashboardOptions {
  /** `IP:PORT` to listen on; port 0 takes a free one. @defaultValue `'127.0.0.1:7400'` */
  addr?: string;
  /** What a browser or Prometheus has to show: at least 16 characters. Needed where `addr` is not of the loopback. @defaultValue none */
  token?: string;
  /** ms between looks while somebody is watching. @defaultValue 500 */
  interval?: number;
  /** Entry of the thread. @defaultValue the one that comes with the package */
  workerUrl?: URL;
}

/**
 * A web page that shows the threads at work, and `/metrics` for Prometheus; read-only. It is served by a real thread of its own, which
 * reads the numbers from shared memory: it costs the main isolate next to nothing while somebody is watching, and nothing otherwise, and
 * shows when the main isolate is stuck.
 */
export class Dashboard {
  /** Where the page is, as in `http://127.0.0.1:7400/`. */
  readonly url: string;
  readonly #thread: WorkerThread;
  readonly #unmirror: () => void;

  private constructor(thread: WorkerThread, url: string, unmirror: () => void) {
    this.#thread = thread;
    this.url = url;
    this.#unmirror = unmirror;
  }

  /**
   * Starts the `dashboard` thread; resolves when it listens.
   *
   * @throws CephError `ERR_CEPH_INVALID_OPTION` when the address or the token is wrong, or a token is needed and missing;
   *   `ERR_CEPH_DASHBOARD` when the address cannot be listened on
   */
  static async start(daemon: MDSDaemon, options: DashboardOptions = {}): Promise<Dashboard> {
    const { addr = DEFAULT_ADDRESS, token, interval = 500 } = options;
    const { host, port, loopback } = parseListenAddress(addr);
    requireToken(loopback, token);
    const { cct } = daemon;
    const data: DashboardData = {
      host,
      port,
      token,
      interval,
      page: fileURLToPath(new URL('./dashboard-page/', import.meta.url)),
      greeting: {
        name: cct.name,
        version: CEPHTS_VERSION,
        ceph: CEPH_VERSION.version,
        pid: process.pid,
        host: hostname(),
        guide: THREAD_GUIDE.map(({ name, owner, text }) => ({ name, owner, text })),
      },
    };
    let unmirror = (): void => undefined;
    let thread: WorkerThread | undefined;
    const send = (request: DashboardRequest): void => thread?.postMessage(request);
    try {
      return await new Promise<Dashboard>((resolve, reject) => {
        const fail = (message: string): void => reject(new CephError('ERR_CEPH_DASHBOARD', message, { errno: ERRNO.EADDRINUSE }));
        const started = new WorkerThread(cct, {
          name: 'dashboard',
          owner: 'Dashboard',
          purpose: 'serves the web page of the threads and the metrics; reads shared memory, and only while somebody is watching',
          url: options.workerUrl ?? new URL('./dashboard.worker.js', import.meta.url),
          workerData: { dashboard: data },
          onDeath: (error) => fail(error.message),
          onMessage: (message) => {
            const reply = message as DashboardReply;
            if (reply.type === 'ask') send({ type: 'daemon', id: reply.id, sample: daemonSample(daemon) });
            else if (reply.type === 'failed') fail(reply.message);
            else resolve(new Dashboard(started, pageUrl(reply.host, reply.port), unmirror));
          },
        });
        thread = started;
        unmirror = mirrorProcess(cct, (update) => send({ type: 'mirror', update }));
      });
    } catch (error) {
      unmirror();
      await thread?.stop();
      throw error;
    }
  }

  /** Ends the thread and its connections. */
  async close(): Promise<void> {
    this.#unmirror();
    this.#thread.expectExit();
    this.#thread.postMessage({ type: 'stop' } satisfies DashboardRequest);
    await this.#thread.join();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function pageUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
