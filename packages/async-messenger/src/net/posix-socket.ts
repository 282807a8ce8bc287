import type { OnReadOpts, Socket } from 'node:net';
import { connect } from 'node:net';
import { EntityAddr } from '@cephts/encoding';
import type { ByteSocket, ByteSocketOwner } from './byte-socket.js';
import { readingTo } from './reading-to.js';

/** Told when the event loop calls in, and when it is left again: what was woken meanwhile has its turn then. */
export interface Turns {
  enter(): void;
  /** @param later another call follows soon: the turn may wait for it */
  leave(later?: boolean): void;
}

/** Bytes that Node reads at once where it chooses; so much is followed by more, mostly. */
const READ = 64 * 1024;
/** Bytes that are read at once where we do: fewer calls for what is long. */
const SCRATCH = 256 * 1024;

/** Where all sockets of the isolate read to: what came is looked at, or copied, before the next one reads. */
let scratch: Uint8Array | undefined;

const SELF = Symbol('PosixSocket');

type OwnedSocket = Socket & { [SELF]?: PosixSocket };

function onConnect(this: OwnedSocket): void {
  this[SELF]?.connected();
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[SELF]?.read(chunk);
}

function onDrain(this: OwnedSocket): void {
  this[SELF]?.drained();
}

function onError(this: OwnedSocket, error: NodeJS.ErrnoException): void {
  this[SELF]?.failed(error);
}

function onEnd(this: OwnedSocket): void {
  this[SELF]?.ended();
}

function onClose(this: OwnedSocket): void {
  this[SELF]?.closed();
}

/** A TCP socket of the system. */
export class PosixSocket implements ByteSocket {
  owner!: ByteSocketOwner;
  readonly #socket: Socket;
  /** Where it connects to; an accepted one asks the system. */
  readonly #target: EntityAddr | undefined;
  readonly #turns: Turns;
  #error: NodeJS.ErrnoException | undefined;
  #destroyed = false;
  /** Did the last read leave its turn to the next one? */
  #waited = false;

  private constructor(socket: OwnedSocket, target: EntityAddr | undefined, turns: Turns) {
    this.#socket = socket;
    this.#target = target;
    this.#turns = turns;
    socket[SELF] = this;
    socket.setNoDelay(true);
    // the same functions for all sockets: thousands of them may be open
    socket.on('connect', onConnect);
    socket.on('data', onData);
    socket.on('drain', onDrain);
    socket.on('error', onError);
    socket.on('end', onEnd);
    socket.on('close', onClose);
  }

  /** @param share may it read to where all do? Else what it reads is its owner's */
  static connect(addr: EntityAddr, turns: Turns, share = true): PosixSocket {
    const options = { host: addr.ip, port: addr.port, noDelay: true };
    if (!share) return new PosixSocket(connect(options), addr, turns);
    const onread = toScratch((length, bytes) => self.readShared(length, bytes));
    const self: PosixSocket = new PosixSocket(connect({ ...options, onread }), addr, turns);
    return self;
  }

  /** A socket that a server accepted, paused. @param share as in {@link connect} */
  static accepted(socket: Socket, turns: Turns, share = true): PosixSocket {
    const own = share
      ? readingTo(
          socket,
          toScratch((length, bytes) => self.readShared(length, bytes)),
        )
      : socket;
    const self: PosixSocket = new PosixSocket(own, undefined, turns);
    if (own === socket) socket.resume();
    return self;
  }

  get peer(): EntityAddr {
    return this.#target ?? addrOf(this.#socket.remoteAddress, this.#socket.remotePort);
  }

  get local(): EntityAddr {
    return addrOf(this.#socket.localAddress, this.#socket.localPort);
  }

  get pending(): number {
    return this.#socket.writableLength;
  }

  write(pieces: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (this.#destroyed || !socket.writable) return true;
    if (pieces.length === 1) socket.write(pieces[0]!);
    else {
      socket.cork();
      for (const piece of pieces) socket.write(piece);
      socket.uncork();
    }
    // the system has copied what it took
    return socket.writableLength === 0;
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

  /** @internal Bytes that others will overwrite. */
  readShared(length: number, bytes: Uint8Array): boolean {
    return this.#read(bytes, length, true);
  }

  /** @internal */
  connected(): void {
    this.#turns.enter();
    this.owner.onConnected();
    this.#turns.leave();
  }

  /** @internal */
  read(chunk: Uint8Array): void {
    // of a Buffer every view would be a Buffer
    this.#read(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length), chunk.length, false);
  }

  /** @internal */
  drained(): void {
    this.#turns.enter();
    this.owner.onDrain();
    this.#turns.leave();
  }

  /** @internal */
  failed(error: NodeJS.ErrnoException): void {
    this.#error = error;
  }

  /** @internal */
  ended(): void {
    this.#ended('peer closed the connection', undefined);
  }

  /** @internal */
  closed(): void {
    this.#ended(this.#error?.message ?? 'connection closed', this.#error?.code);
  }

  /** A long message's end comes with the next read, mostly: two are worked off together. */
  #read(bytes: Uint8Array, length: number, borrowed: boolean): boolean {
    this.#turns.enter();
    const more = this.owner.onData(bytes, length, borrowed);
    this.#waited = more && length >= READ && !this.#waited;
    this.#turns.leave(this.#waited);
    return true;
  }

  #ended(reason: string, code: string | undefined): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#socket.destroy();
    this.owner.onClose(reason, code);
  }
}

/** Reads to the scratch. */
function toScratch(callback: OnReadOpts['callback']): OnReadOpts {
  scratch ??= new Uint8Array(SCRATCH);
  return { buffer: scratch, callback };
}

/** An address as Node gives it. */
export function addrOf(ip: string | undefined, port: number | undefined): EntityAddr {
  if (ip === undefined) return EntityAddr.BLANK;
  const plain = ip.startsWith('::ffff:') && ip.includes('.') ? ip.slice(7) : ip;
  const zone = plain.indexOf('%');
  return EntityAddr.of(EntityAddr.TYPE_MSGR2, zone < 0 ? plain : plain.slice(0, zone), port ?? 0);
}
