import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Access } from './access.js';
import { METRICS_TYPE } from './metrics.js';
import type { Hello, Sample } from './sample.js';

/** Pages that may watch at a time. */
const MAX_WATCHERS = 32;
/** Longest form of a login, in bytes. */
const MAX_FORM = 4096;

/** Everything comes from here and nothing else may run, load or frame it. */
const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

const FILES = new Map([
  ['/', ['index.html', 'text/html; charset=utf-8']],
  ['/app.js', ['app.js', 'text/javascript; charset=utf-8']],
  ['/style.css', ['style.css', 'text/css; charset=utf-8']],
  ['/icon.svg', ['icon.svg', 'image/svg+xml']],
] as const);
/** What the login page needs. */
const PUBLIC = new Set(['/style.css', '/icon.svg']);

/** What a {@link DashboardServer} shows. */
export interface DashboardView {
  hello(): Hello;
  sample(): Promise<Sample>;
  /** Calls back with each sample from now on; returns a function that ends it. */
  watch(watcher: (sample: Sample) => void): () => void;
  metrics(): Promise<string>;
}

/** The HTTP server: the page's files, a stream of samples, single samples, and metrics. It only ever reads. */
export class DashboardServer {
  readonly #server: Server;
  readonly #view: DashboardView;
  readonly #token: string | undefined;
  readonly #files: ReadonlyMap<string, { body: Buffer; type: string }>;
  readonly #login: Buffer;
  readonly #streams = new Set<ServerResponse>();
  #access: Access;

  /** @param page folder of the page's files */
  constructor(view: DashboardView, page: string, token: string | undefined) {
    this.#view = view;
    this.#token = token;
    this.#access = new Access(token, 0);
    this.#files = new Map(
      [...FILES].map(([url, [file, type]]) => [url, { body: readFileSync(path.join(page, file)), type }] as const),
    );
    this.#login = readFileSync(path.join(page, 'login.html'));
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 8192 }, (request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
    this.#server.maxConnections = 256;
  }

  /** Resolves with the port it listens on. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        const actual = address !== null && typeof address === 'object' ? address.port : port;
        this.#access = new Access(this.#token, actual);
        resolve(actual);
      });
    });
  }

  /** Ends all connections. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://dashboard');
    if (!this.#access.isHostAllowed(request)) return end(response, 421, 'This name is not served; use the address.\n');
    if (pathname === '/login' && request.method === 'POST') return this.#handleLogin(request, response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return end(response, 405, 'Only GET and HEAD.\n');
    }
    const given = searchParams.get('token');
    if (given !== null && pathname === '/' && this.#access.isToken(given)) return this.#letIn(response);
    if (!PUBLIC.has(pathname) && !this.#access.isAllowed(request)) return this.#turnAway(pathname, response);
    const file = this.#files.get(pathname);
    if (file) return end(response, 200, file.body, file.type);
    switch (pathname) {
      case '/api/events':
        return this.#stream(request, response);
      case '/api/sample':
        return end(response, 200, JSON.stringify(await this.#view.sample()), 'application/json');
      case '/metrics':
        return end(response, 200, await this.#view.metrics(), METRICS_TYPE);
      default:
        return end(response, 404, 'There is nothing here.\n');
    }
  }

  #turnAway(pathname: string, response: ServerResponse): void {
    response.setHeader('WWW-Authenticate', 'Bearer realm="cephts-mds"');
    if (pathname === '/') end(response, 401, this.#login, 'text/html; charset=utf-8');
    else end(response, 401, 'Show the token: Authorization: Bearer TOKEN\n');
  }

  /** On to the page, without the token in the address. */
  #letIn(response: ServerResponse): void {
    response.setHeader('Set-Cookie', this.#access.setCookie);
    response.setHeader('Location', '/');
    end(response, 303, '');
  }

  async #handleLogin(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let form = '';
    for await (const chunk of request.setEncoding('utf8')) {
      form += chunk as string;
      if (form.length > MAX_FORM) return end(response, 413, 'That is no login.\n');
    }
    if (this.#access.isToken(new URLSearchParams(form).get('token') ?? '')) this.#letIn(response);
    else this.#turnAway('/', response);
  }

  /** Server-sent events: `hello`, then a `sample` each interval. A page that does not keep up misses some. */
  #stream(request: IncomingMessage, response: ServerResponse): void {
    if (this.#streams.size >= MAX_WATCHERS) return end(response, 503, 'Too many are watching.\n');
    if (request.method === 'HEAD') return end(response, 200, '', 'text/event-stream');
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    const send = (event: string, data: unknown): void => void response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    response.write('retry: 1000\n\n');
    send('hello', this.#view.hello());
    this.#streams.add(response);
    const unwatch = this.#view.watch((sample) => {
      if (!response.writableNeedDrain) send('sample', sample);
    });
    response.once('close', () => {
      this.#streams.delete(response);
      unwatch();
    });
  }
}

function end(response: ServerResponse, status: number, body: string | Buffer, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
