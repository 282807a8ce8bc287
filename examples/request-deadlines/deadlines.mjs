// Deadlines for requests. One timer of the platform serves all of them, however many are open; a request that was answered in time costs the
// cancellation and nothing else; a deadline travels to the next service in a header, so that nobody works for an answer that
// nobody waits for.
import { SafeTimer } from '@cephts/safe-timer';

export const HEADER = 'x-deadline-ms';

export class DeadlineError extends Error {
  name = 'DeadlineError';
  constructor(ms) {
    super(`no answer within ${ms} ms`);
  }
}

export class Deadlines {
  #timer;

  /** @param {import('@cephts/common').CephContext} [cct] for a virtual clock */
  constructor(cct) {
    this.#timer = new SafeTimer(cct, { threadName: 'deadlines' });
  }

  /** How many requests are open. */
  get open() {
    return this.#timer.length;
  }

  /**
   * Runs `work` for at most `ms`; its signal aborts when the time is over.
   *
   * @template T
   * @param {number} ms
   * @param {(signal: AbortSignal) => Promise<T>} work
   * @returns {Promise<T>}
   * @throws DeadlineError when `work` takes longer
   */
  run(ms, work) {
    return new Promise((resolve, reject) => {
      const controller = new AbortController();
      const event = this.#timer.addEventAfter(ms, () => {
        const error = new DeadlineError(ms);
        reject(error);
        controller.abort(error);
      });
      const settle = (how) => (value) => {
        // false: the deadline came first, and has been told
        if (this.#timer.cancelEvent(event)) how(value);
      };
      Promise.resolve()
        .then(() => work(controller.signal))
        .then(settle(resolve), settle(reject));
    });
  }

  /**
   * A request handler of `node:http` that ends with 504 when its deadline is over: the caller's, where that is shorter.
   *
   * @param {number} ms
   * @param {(request: import('node:http').IncomingMessage, signal: AbortSignal) => Promise<string>} handle
   */
  handler(ms, handle) {
    return async (request, response) => {
      const asked = Number(request.headers[HEADER] ?? Infinity);
      const limit = Number.isFinite(asked) && asked >= 0 ? Math.min(ms, asked) : ms;
      try {
        response.end(await this.run(limit, (signal) => handle(request, signal)));
      } catch (error) {
        response.writeHead(error instanceof DeadlineError ? 504 : 500).end(`${error.message}\n`);
      }
    };
  }

  /** `fetch` with a deadline, which is sent along. */
  fetch(url, ms, options = {}) {
    return this.run(ms, async (signal) => {
      const headers = new Headers(options.headers);
      headers.set(HEADER, String(ms));
      const response = await fetch(url, { ...options, headers, signal });
      return { status: response.status, text: await response.text() };
    });
  }

  /** Cancels all deadlines. */
  close() {
    this.#timer.shutdown();
  }
}
