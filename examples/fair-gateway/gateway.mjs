// An API gateway that serves callers in turn. Each caller (by API key) is a class of the queue, so one that sends a thousand requests waits for
// itself, not others for it; what is marked urgent goes first; what does not fit is refused at once; who hangs up leaves the queue.
import { createServer } from 'node:http';
import { Throttle } from '@cephts/common';
import { CephContext } from '@cephts/common';
import { DispatchQueue, limits, PRIORITY } from '@cephts/dispatch-queue';

/**
 * @param {object} options
 * @param {(request: import('node:http').IncomingMessage) => Promise<string>} options.handle the work behind the gateway
 * @param {number} [options.concurrency] requests in work at a time
 * @param {number} [options.capacity] requests that may wait
 */
export function createGateway({ handle, concurrency = 4, capacity = 1000 }) {
  const slots = new Throttle(new CephContext(), 'gateway', concurrency);
  const callers = new Map();

  async function work({ request, response }) {
    try {
      response.end(await handle(request));
    } catch (error) {
      response.writeHead(502).end(`${error.message}\n`);
    } finally {
      slots.put(1);
    }
  }

  const queue = DispatchQueue.of(
    {
      // the next request leaves the queue when a slot is free; until then it may still be overtaken or withdrawn
      async deliver(job) {
        await slots.getAsync(1);
        void work(job);
      },
      discard({ response }, error) {
        if (response.writableEnded || response.destroyed) return;
        response.writeHead(503, { 'Retry-After': '1' }).end(`${error.code}\n`);
      },
    },
    { limits: limits({ capacity, overflow: 'drop-newest' }) },
  );

  const server = createServer((request, response) => {
    const key = request.headers['x-api-key'] ?? 'anonymous';
    let id = callers.get(key);
    if (id === undefined) callers.set(key, (id = queue.getId()));
    const hungUp = new AbortController();
    response.on('close', () => hungUp.abort());
    const priority = request.headers['x-urgent'] === 'yes' ? PRIORITY.HIGH : PRIORITY.DEFAULT;
    queue.enqueue({ request, response }, priority, id, { signal: hungUp.signal });
  });
  server.listen(0, '127.0.0.1', () => queue.start());

  return {
    queue,
    server,
    /** Takes no more connections, serves what waits, ends. */
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await queue.close();
      await closed;
    },
  };
}
