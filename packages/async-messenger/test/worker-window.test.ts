import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MsgrWorker } from '../src/net/msgr-worker.js';
import { SlabReader, SlabWriter } from '../src/net/slab.js';
import { Command, FRAME_COST, Report, WINDOW } from '../src/net/worker-records.js';
import { encodeBanner, encodeStamp } from '../src/protocol/control-frames.js';
import { FrameWriter } from '../src/protocol/frame-writer.js';
import { blankHeader } from '../src/protocol/message-header.js';
import { Tag } from '../src/protocol/tag.js';
import { UTime } from '@cephts/encoding';

const NOTHING = new Uint8Array(0);
const WIRE = 1;
const STAMP = encodeStamp(UTime.fromMillis(1));

/** The inside of a msgr-worker thread in this isolate, with one wire to a peer that sends what it is given. */
class WorkerWithPeer {
  /** How many of each kind so far. */
  readonly #reports = new Map<number, number>();
  readonly #worker: MsgrWorker;
  readonly #server: Server;
  #changed: () => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.#worker = new MsgrWorker({
      backlog: 1,
      post: ({ records }) => this.#read(new SlabReader(records)),
      now: () => 0,
      onRead: () => undefined,
      onExit: () => undefined,
    });
    const { port } = server.address() as AddressInfo;
    this.#tell((w) => w.two(Command.CONNECT, WIRE).text(`v2:127.0.0.1:${port}/0`));
  }

  static async sent(bytes: Uint8Array): Promise<WorkerWithPeer> {
    const server = createServer((socket: Socket) => {
      socket.on('error', () => undefined);
      socket.write(encodeBanner({ supported: 1n, required: 0n }));
      socket.write(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new WorkerWithPeer(server);
  }

  count(kind: number): number {
    return this.#reports.get(kind) ?? 0;
  }

  get messages(): number {
    return this.count(Report.MESSAGE) + this.count(Report.MESSAGE_GIVEN);
  }

  /** Resolves when so many reports of a kind have come. */
  async reached(kind: number, count: number): Promise<void> {
    while (this.count(kind) < count) await new Promise<void>((resolve) => (this.#changed = resolve));
  }

  /** So many bytes were taken over. */
  credit(bytes: number): void {
    this.#tell((w) => w.two(Command.CREDIT, WIRE).u32(bytes));
  }

  next(): void {
    this.#tell((w) => w.two(Command.NEXT, WIRE));
  }

  close(): void {
    this.#tell((w) => w.two(Command.DESTROY, WIRE));
    this.#server.close();
  }

  #tell(write: (w: SlabWriter) => void): void {
    const writer = new SlabWriter();
    write(writer);
    this.#worker.handle({ records: writer.take().bytes, buffers: [], at: 0 });
  }

  #read(r: SlabReader): void {
    while (!r.done) {
      const kind = r.u32();
      r.u32();
      this.#skip(kind, r);
      this.#reports.set(kind, this.count(kind) + 1);
      if (kind === Report.CONNECTED) this.next();
      else if (kind === Report.BANNER) {
        this.#tell((w) => w.two(Command.FRAMES, WIRE).u32(1).u32(1000).two(Command.STREAM, WIRE));
      }
    }
    this.#changed();
  }

  #skip(kind: number, r: SlabReader): void {
    switch (kind) {
      case Report.CONNECTED:
        r.blob();
        break;
      case Report.BANNER:
        r.blob();
        r.blob();
        break;
      case Report.FRAME:
        r.u32();
        r.blob();
        r.u32();
        r.blob();
        break;
      case Report.MESSAGE:
      case Report.MESSAGE_GIVEN:
        // an empty one: lengths, header, and where a given one is
        for (let words = 4; words > 0; words--) r.u32();
        r.header(blankHeader());
        if (kind === Report.MESSAGE_GIVEN) for (let words = 4; words > 0; words--) r.u32();
        break;
      case Report.WANT:
        r.u32();
        break;
      default:
        throw new Error(`report ${kind}`);
    }
  }
}

function frames(count: number, write: (writer: FrameWriter) => void): Uint8Array {
  const writer = new FrameWriter();
  writer.rev1 = true;
  write(writer);
  const one = Buffer.concat(writer.take());
  return Buffer.concat(Array<Buffer>(count).fill(one));
}

describe('a msgr-worker', () => {
  let worker: WorkerWithPeer;
  afterEach(() => worker.close());

  it('reads no more messages than its window takes, empty ones included, until it is told to go on', async () => {
    worker = await WorkerWithPeer.sent(frames(20_000, (w) => w.message(blankHeader(), NOTHING, NOTHING, NOTHING)));
    const first = WINDOW / FRAME_COST;
    await worker.reached(Report.WANT, 1);
    expect(worker.messages).toBe(first);
    worker.credit(100 * FRAME_COST);
    worker.next();
    await worker.reached(Report.WANT, 2);
    expect(worker.messages).toBe(first + 101);
  });

  it('reads no more control frames than its window takes until others were taken over', async () => {
    worker = await WorkerWithPeer.sent(frames(20_000, (w) => w.control(Tag.KEEPALIVE2, STAMP)));
    const first = Math.ceil(WINDOW / (FRAME_COST + STAMP.length));
    await worker.reached(Report.FRAME, first);
    expect(worker.count(Report.FRAME)).toBe(first);
    worker.credit(WINDOW);
    worker.credit(WINDOW);
    await worker.reached(Report.FRAME, 20_000);
  });
});
