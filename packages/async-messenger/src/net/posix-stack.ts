import { createServer } from 'node:net';
import { CephError } from '@cephts/common';
import type { EntityAddr } from '@cephts/encoding';
import { FramedWire } from './framed-wire.js';
import type { Listener, NetworkStack } from './network-stack.js';
import { PosixSocket } from './posix-socket.js';
import type { Turns } from './posix-socket.js';
import type { Wire, WireOwner } from './wire.js';

/** Listens for TCP connections. */
export function listenPosix(
  addr: EntityAddr,
  { backlog, turns, share = true }: { backlog: number; turns: Turns; share?: boolean },
  onSocket: (socket: PosixSocket) => void,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
      onSocket(PosixSocket.accepted(socket, turns, share)),
    );
    const failed = (error: NodeJS.ErrnoException): void =>
      reject(
        new CephError(`ERR_CEPH_${error.code ?? 'EIO'}`, `cannot listen at ${String(addr)}: ${error.message}`, {
          errno: Math.abs(error.errno ?? 5),
          cause: error,
        }),
      );
    server.once('error', failed);
    server.listen({ host: addr.ip, port: addr.port, backlog, ipv6Only: addr.isIpv6() }, () => {
      server.off('error', failed);
      server.on('error', () => undefined);
      const { port } = server.address() as { port: number };
      resolve({
        addr: addr.withPort(port),
        close: () => new Promise((done) => server.close(() => done())),
      });
    });
  });
}

/** Options of {@link PosixStack}. */
export interface PosixStackOptions {
  backlog: number;
  turns: Turns;
}

/** The system's sockets, everything in this isolate: the lowest latency. `ms_async_op_threads = 0`. */
export class PosixStack implements NetworkStack {
  readonly name = 'posix';
  readonly #options: PosixStackOptions;

  constructor(options: PosixStackOptions) {
    this.#options = options;
  }

  connect(addr: EntityAddr, owner: WireOwner): Wire {
    return new FramedWire(PosixSocket.connect(addr, this.#options.turns), owner);
  }

  listen(addr: EntityAddr, accept: (wire: Wire) => WireOwner | undefined): Promise<Listener> {
    return listenPosix(addr, this.#options, (socket) => {
      const wire = new FramedWire(socket, NOBODY);
      const owner = accept(wire);
      if (owner) wire.owner = owner;
      else wire.destroy();
    });
  }

  retain(): void {
    // nothing to keep alive
  }

  async release(): Promise<void> {
    // nothing to end
  }
}

/** Owns a wire until somebody does. */
export const NOBODY: WireOwner = {
  onConnected: () => undefined,
  onDrain: () => undefined,
  onFault: () => undefined,
  onBanner: () => undefined,
  onFrame: () => undefined,
  admit: () => true,
  onMessage: () => undefined,
  onAborted: () => undefined,
};
