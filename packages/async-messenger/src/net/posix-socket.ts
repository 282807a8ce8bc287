import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { EntityAddr } from '@cephts/encoding';
import type { ByteSocket, ByteSocketOwner } from './byte-socket.js';

/** A TCP socket of the system. */
export class PosixSocket implements ByteSocket {
  owner!: ByteSocketOwner;
  readonly #socket: Socket;
  readonly #peer: EntityAddr;
  #error: NodeJS.ErrnoException | undefined;
  #destroyed = false;

  constructor(socket: Socket, peer: EntityAddr) {
    this.#socket = socket;
    this.#peer = peer;
    socket.setNoDelay(true);
    socket.on('connect', () => this.owner.onConnected());
    socket.on('data', (chunk: Buffer) => this.owner.onData(chunk));
    socket.on('drain', () => this.owner.onDrain());
    socket.on('error', (error) => (this.#error = error));
    socket.on('end', () => this.#ended('peer closed the connection', undefined));
    socket.on('close', () => this.#ended(this.#error?.message ?? 'connection closed', this.#error?.code));
  }

  static connect(addr: EntityAddr): PosixSocket {
    return new PosixSocket(connect({ host: addr.ip, port: addr.port, noDelay: true }), addr);
  }

  /** A socket that a server accepted. */
  static accepted(socket: Socket): PosixSocket {
    return new PosixSocket(socket, addrOf(socket.remoteAddress, socket.remotePort));
  }

  get peer(): EntityAddr {
    return this.#peer;
  }

  get local(): EntityAddr {
    return addrOf(this.#socket.localAddress, this.#socket.localPort);
  }

  get pending(): number {
    return this.#socket.writableLength;
  }

  write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (this.#destroyed || !socket.writable) return;
    if (pieces.length === 1) {
      socket.write(pieces[0]!);
      return;
    }
    socket.cork();
    for (const piece of pieces) socket.write(piece);
    socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#destroyed) this.#socket.resume();
  }

  destroy(): void {
    this.#destroyed = true;
    this.#socket.destroySoon();
    // a peer that reads nothing must not keep it
    if (this.#socket.writableLength > 0) this.#socket.destroy();
  }

  #ended(reason: string, code: string | undefined): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#socket.destroy();
    this.owner.onClose(reason, code);
  }
}

/** An address as Node gives it. */
export function addrOf(ip: string | undefined, port: number | undefined): EntityAddr {
  if (ip === undefined) return EntityAddr.BLANK;
  const plain = ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip;
  const zone = plain.indexOf('%');
  return EntityAddr.of(EntityAddr.TYPE_MSGR2, zone < 0 ? plain : plain.slice(0, zone), port ?? 0);
}
