import { EntityAddr } from '@cephts/encoding';
import { HEADER_LENGTH, blankHeader } from '../protocol/message-header.js';
import type { MessageParts } from '../protocol/message-parts.js';
import type { Tag } from '../protocol/tag.js';
import { FramedWire } from './framed-wire.js';
import type { Listener } from './network-stack.js';
import { PosixSocket } from './posix-socket.js';
import { listenPosix } from './posix-stack.js';
import { SlabReader, SlabWriter } from './slab.js';
import type { WireOwner } from './wire.js';
import { ACCEPTED_BASE, Command, FRAME_COST, Report, WINDOW } from './worker-records.js';
import type { Batch } from './worker-records.js';

/** From here on memory that holds nothing but messages changes hands, instead of what is in it being copied. */
const TRANSFER = 8 * 1024;
/** Bytes handed to the socket after which the main isolate is told. */
const REPORT_SENT = 256 * 1024;
const NOTHING = new Uint8Array(0);

/** What the inside of a msgr-worker thread is given. */
export interface MsgrWorkerOptions {
  backlog: number;
  post: (batch: Batch, transfer: ArrayBuffer[]) => void;
  /** Monotonic ms of the main isolate. */
  now: () => number;
  /** Told of each turn of reading: how many records it made, and how many ms it took. */
  onRead: (records: number, ms: number) => void;
  /** Every socket is closed: the thread may end. */
  onExit: () => void;
}

/** The inside of a msgr-worker thread: sockets, frames, checksums and encryption of the wires it was given. */
export class MsgrWorker {
  readonly options: MsgrWorkerOptions;
  readonly #out = new SlabWriter();
  #buffers: ArrayBuffer[] = [];
  /** The memory whose buffer is the last of them. */
  #lastGiven: Uint8Array = NOTHING;
  #posting = false;
  #reports = 0;
  /** When the first report of a turn of reading was made; undefined while a batch is handled, which is counted by itself. */
  #reading: number | undefined;
  #handling = false;
  readonly #wires = new Map<number, RemoteWire>();
  readonly #listeners = new Map<number, Listener>();
  readonly #header = blankHeader();
  #nextAccepted: number = ACCEPTED_BASE;
  #touched = new Set<RemoteWire>();

  constructor(options: MsgrWorkerOptions) {
    this.options = options;
  }

  /** Wires of this thread. */
  get size(): number {
    return this.#wires.size;
  }

  /** The beginning of a record; the batch leaves soon. */
  report(kind: number, id: number): SlabWriter {
    if (!this.#posting) {
      this.#posting = true;
      this.#reading = this.#handling ? undefined : this.options.now();
      setImmediate(() => this.#post());
    }
    this.#reports++;
    return this.#out.two(kind, id);
  }

  /** Memory whose buffer changes hands with the batch. @returns the buffer's number there */
  give(bytes: Uint8Array): number {
    const buffers = this.#buffers;
    // asking for the buffer is a call into the runtime, and many messages come in one
    if (bytes === this.#lastGiven) return buffers.length - 1;
    const buffer = bytes.buffer as ArrayBuffer;
    const known = buffers.lastIndexOf(buffer);
    if (known >= 0) return known;
    this.#lastGiven = bytes;
    return buffers.push(buffer) - 1;
  }

  forget(id: number): void {
    this.#wires.delete(id);
  }

  enter(): void {
    // what is reported leaves after all sockets have had their turn
  }

  leave(): void {
    // see enter
  }

  /** Does what a batch says. @returns how many records it had */
  handle(batch: Batch): number {
    const r = new SlabReader(batch.records);
    let count = 0;
    this.#handling = true;
    while (!r.done) {
      this.#handleRecord(r);
      count++;
    }
    for (const wire of this.#touched) wire.flush();
    this.#touched.clear();
    this.#handling = false;
    return count;
  }

  #handleRecord(r: SlabReader): void {
    const kind = r.u32();
    const id = r.u32();
    const remote = this.#wires.get(id);
    switch (kind) {
      case Command.MESSAGE: {
        const header = r.header(this.#header);
        const front = r.blob();
        const middle = r.blob();
        const data = r.blob();
        if (!remote) break;
        remote.wire.message(header, front, middle, data);
        remote.wrote(HEADER_LENGTH + front.length + middle.length + data.length);
        this.#touched.add(remote);
        break;
      }
      case Command.CONTROL: {
        const tag = r.u32();
        const payload = r.blob();
        if (!remote) break;
        remote.wire.control(tag, payload);
        remote.wrote(HEADER_LENGTH + payload.length);
        this.#touched.add(remote);
        break;
      }
      case Command.CREDIT:
        remote?.credit(r.u32());
        if (!remote) r.u32();
        break;
      case Command.CONNECT:
        this.#connect(id, EntityAddr.parse(r.text()) ?? EntityAddr.BLANK);
        break;
      case Command.RAW: {
        const bytes = r.blob();
        remote?.wire.sendRaw(bytes);
        break;
      }
      case Command.FRAMES: {
        const rev1 = r.u32() === 1;
        const maxMessage = r.u32();
        remote?.wire.startFrames(rev1, maxMessage);
        break;
      }
      case Command.SECURE: {
        const key = r.blob();
        const rxNonce = r.blob();
        const txNonce = r.blob();
        remote?.flush();
        remote?.wire.startSecure({ key, rxNonce, txNonce });
        break;
      }
      case Command.NEXT:
        remote?.wire.next();
        break;
      case Command.STREAM:
        remote?.stream();
        break;
      case Command.DESTROY:
        if (remote) this.#touched.delete(remote);
        remote?.wire.destroy();
        this.#wires.delete(id);
        break;
      case Command.LISTEN:
        this.#listen(id, EntityAddr.parse(r.text()) ?? EntityAddr.BLANK);
        break;
      case Command.UNLISTEN:
        void this.#unlisten(id);
        break;
      default:
        this.#exit();
    }
  }

  #connect(id: number, addr: EntityAddr): void {
    this.#wires.set(id, new RemoteWire(this, id, PosixSocket.connect(addr, this, false)));
  }

  #listen(id: number, addr: EntityAddr): void {
    listenPosix(addr, { backlog: this.options.backlog, turns: this, share: false }, (socket) => {
      const wire = this.#nextAccepted++;
      this.#wires.set(wire, new RemoteWire(this, wire, socket));
      this.report(Report.ACCEPTED, id).u32(wire).text(String(socket.peer)).text(String(socket.local));
    }).then(
      (listener) => {
        this.#listeners.set(id, listener);
        this.report(Report.LISTENING, id).u32(listener.addr.port).text('').text('');
      },
      (error: Error & { code?: string }) =>
        this.report(Report.LISTENING, id)
          .u32(0)
          .text(error.code ?? '')
          .text(error.message),
    );
  }

  async #unlisten(id: number): Promise<void> {
    const listener = this.#listeners.get(id);
    this.#listeners.delete(id);
    // connections that were accepted go on: only the door closes
    void listener?.close();
    this.report(Report.UNLISTENED, id);
  }

  #exit(): void {
    for (const { wire } of this.#wires.values()) wire.destroy();
    this.#wires.clear();
    for (const listener of this.#listeners.values()) void listener.close();
    this.options.onExit();
  }

  #post(): void {
    this.#posting = false;
    const { bytes, transfer } = this.#out.take();
    const buffers = this.#buffers;
    this.#buffers = [];
    this.#lastGiven = NOTHING;
    const { now, post, onRead } = this.options;
    const at = now();
    post({ records: bytes, buffers, at }, [...transfer, ...buffers]);
    if (this.#reading !== undefined) onRead(this.#reports, now() - this.#reading);
    this.#reports = 0;
  }
}

/** One wire of a worker: passes on to the main isolate what it hears. */
class RemoteWire implements WireOwner {
  readonly wire: FramedWire;
  readonly #worker: MsgrWorker;
  readonly #id: number;
  /** Bytes of frames that are taken unasked: none before the handshake is over. */
  #window = 0;
  #streaming = false;
  /** Did control frames use the window up? */
  #starved = false;
  #sent = 0;

  constructor(worker: MsgrWorker, id: number, socket: PosixSocket) {
    this.#worker = worker;
    this.#id = id;
    this.wire = new FramedWire(socket, this);
  }

  credit(bytes: number): void {
    this.#window += bytes;
    if (!this.#starved || this.#window <= 0) return;
    this.#starved = false;
    this.wire.next();
  }

  stream(): void {
    this.#window += WINDOW;
    this.#streaming = true;
    this.wire.stream();
  }

  /** So many bytes were queued. */
  wrote(bytes: number): void {
    this.#sent += bytes;
  }

  flush(): void {
    this.wire.flush();
    if (this.#sent >= REPORT_SENT && !this.wire.congested) this.#reportSent();
  }

  onConnected(): void {
    this.#worker.report(Report.CONNECTED, this.#id).text(String(this.wire.local));
  }

  onBanner(payload: Uint8Array, raw: Uint8Array): void {
    this.#worker.report(Report.BANNER, this.#id).blob(payload).blob(raw);
  }

  onFrame(tag: Tag, payload: Uint8Array, raw: Uint8Array | undefined): void {
    this.#worker
      .report(Report.FRAME, this.#id)
      .u32(tag)
      .blob(payload)
      .u32(raw ? 1 : 0)
      .blob(raw ?? NOTHING);
    this.#window -= payload.length + FRAME_COST;
    if (this.#window > 0 || !this.#streaming) return;
    this.#starved = true;
    this.wire.stop();
  }

  admit(size: number): boolean {
    const cost = size + FRAME_COST;
    if (cost <= this.#window) {
      this.#window -= cost;
      return true;
    }
    this.#worker.report(Report.WANT, this.#id).u32(size);
    return false;
  }

  onMessage(parts: MessageParts, wireLength: number): void {
    const { bytes, frontLength, middleLength, dataLength } = parts;
    const give = parts.alone && bytes.byteLength >= TRANSFER;
    const record = this.#worker.report(give ? Report.MESSAGE_GIVEN : Report.MESSAGE, this.#id);
    record.four(wireLength, frontLength, middleLength, dataLength).header(parts.header);
    if (give) {
      parts.given = true;
      record.four(this.#worker.give(bytes), parts.frontAt, parts.middleAt, parts.dataAt);
    } else {
      record.raw(bytes, parts.frontAt, frontLength).raw(bytes, parts.middleAt, middleLength).raw(bytes, parts.dataAt, dataLength);
    }
  }

  onAborted(): void {
    this.#worker.report(Report.ABORTED, this.#id);
  }

  onDrain(): void {
    if (this.#sent > 0) this.#reportSent();
  }

  onFault(reason: string, code: string | undefined): void {
    this.#worker
      .report(Report.FAULT, this.#id)
      .text(reason)
      .text(code ?? '');
    this.#worker.forget(this.#id);
  }

  #reportSent(): void {
    this.#worker.report(Report.SENT, this.#id).u32(this.#sent);
    this.#sent = 0;
  }
}
