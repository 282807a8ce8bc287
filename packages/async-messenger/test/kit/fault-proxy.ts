import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** What a {@link FaultProxy} does to a connection. */
export interface Faults {
  /** Ends the connection after so many bytes of that way: those before pass. */
  cut?: { way: Way; after: number };
  /** Passes bytes on in segments of so many. */
  segment?: number;
  /** Writes another byte at an offset, both ways. */
  change?: { at: number; to: number };
}

/** From the connector to the acceptor, or back. */
export type Way = 'out' | 'in';

/**
 * A TCP proxy on loopback that does harm: cuts a connection at a byte, splits it into tiny segments, or keeps silent without closing
 * anything, as a peer does that lost its power.
 */
export class FaultProxy {
  /** Told of each connection, the first one being 0. */
  faults: (connection: number) => Faults = () => ({});
  /** Connections so far. */
  connections = 0;
  /** Nothing passes any more, either way, of the connections there are. */
  #silent = new Set<Socket>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: number;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (near) => this.#open(near));
  }

  /** A proxy to a port. */
  static async to(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size / 2;
  }

  /** From now on the connections there are stay open and say nothing: half-open peers. */
  silence(): void {
    for (const socket of this.#sockets) {
      this.#silent.add(socket);
      socket.pause();
    }
  }

  /** Breaks the connections there are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #open(near: Socket): void {
    const faults = this.faults(this.connections++);
    const far = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        // a silent one is not heard of at the other end
        if (!this.#silent.delete(socket)) cut();
      });
    }
    this.#pass(near, far, faults, 'out', cut);
    this.#pass(far, near, faults, 'in', cut);
  }

  #pass(from: Socket, to: Socket, { cut, segment, change }: Faults, way: Way, end: () => void): void {
    let passed = 0;
    let left = cut?.way === way ? cut.after : Infinity;
    if (left === 0) from.once('data', end);
    from.on('data', (chunk: Buffer) => {
      if (left === 0) return;
      if (change && change.at >= passed && change.at < passed + chunk.length) chunk[change.at - passed] = change.to;
      passed += chunk.length;
      const bytes = chunk.subarray(0, left);
      left -= bytes.length;
      if (segment === undefined) {
        if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      } else for (let at = 0; at < bytes.length; at += segment) to.write(bytes.subarray(at, at + segment));
      // what was passed on arrives before the end does
      if (left === 0) to.write('', () => setImmediate(end));
    });
    from.on('end', () => to.end());
  }
}
