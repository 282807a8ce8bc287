import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CON_MODE, Message, MessageRegistry } from '@cephts/async-messenger';
import type { Connection, MessengerInit } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { FaultProxy } from './fault-proxy.js';
import { loggedContext, startClient, startServer } from './pair.js';
import { SharedSecret } from './shared-secret.js';
import { through } from './through.js';

/** Where a banner has the features its sender supports: behind its prefix and its length. Bit 0 is msgr2.1. */
const SUPPORTED = 8 + 2;
/** Around a cipher's block, what is copied, what is sealed short, what a read brings. */
const LENGTHS = [0, 1, 15, 16, 17, 48, 49, 4096, 6144, 16_383, 16_384, 70_000];

/** A message whose front is any bytes, none too. */
class MShape extends Message {
  static readonly TYPE = 9100;
  readonly type = 9100;
  readonly typeName = 'shape';
  front: Uint8Array = new Uint8Array(0);

  encodePayload(e: Encoder): void {
    e.raw(this.front);
  }

  decodePayload(d: Decoder): void {
    this.front = d.rest();
  }
}

const bytes = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 31 + seed);

function shape(front: number, middle: number, data: number): MShape {
  const m = new MShape();
  m.front = bytes(front, 1);
  m.middle = bytes(middle, 2);
  m.data = bytes(data, 3);
  return m;
}

const segments = ({ front, middle, data }: MShape): string[] => [front, middle, data].map((s) => Buffer.from(s).toString('base64'));

/** Every combination of segments that are empty or not, and each one in all lengths while the others are short. */
function* shapes(): Iterable<MShape> {
  for (const front of [0, 5]) for (const middle of [0, 7]) for (const data of [0, 9]) yield shape(front, middle, data);
  for (const length of LENGTHS) {
    yield shape(length, 0, 0);
    yield shape(3, length, 0);
    yield shape(3, 0, length);
    yield shape(length, length, length);
  }
}

/** Keeps what comes, and sends the same back where it is to. */
class Echo {
  readonly received: MShape[] = [];
  told: () => void = () => undefined;
  readonly #answers: boolean;

  constructor(answers: boolean) {
    this.#answers = answers;
  }

  msDispatch(m: Message): boolean {
    const { front, middle, data } = m as MShape;
    this.received.push(m as MShape);
    if (this.#answers) m.connection!.sendMessage(Object.assign(new MShape(), { front, middle, data }));
    this.told();
    return true;
  }

  /** Resolves once so many have come. */
  count(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.told = () => {
        if (this.received.length >= count) resolve();
      };
      this.told();
    });
  }
}

const revision1 = (con: Connection | null | undefined): unknown =>
  (con as unknown as { protocol: { rev1: boolean } }).protocol.rev1;

/** Two ends that speak msgr2.0, as each takes the other for a peer that knows nothing newer. */
export function revision0Suite(name: string, stack: NonNullable<MessengerInit['stack']>): void {
  describe.each([
    ['crc', CON_MODE.CRC],
    ['secure', CON_MODE.SECURE],
  ])(`msgr2.0 ${name}, in %s mode`, (_mode, mode) => {
    let proxy: FaultProxy;
    let ends: { server: Awaited<ReturnType<typeof startServer>>; client: ReturnType<typeof startClient> };
    let there: Echo;
    let here: Echo;

    beforeEach(async () => {
      const { cct } = loggedContext({ ms_async_op_threads: 2, ms_initial_backoff: 0.001 });
      // what is not signed may be changed
      const auth = new SharedSecret({ mode, key: new Uint8Array(0) });
      const registry = new MessageRegistry([MShape]);
      const server = await startServer(cct, { stack, registry, authServer: auth });
      proxy = await FaultProxy.to(server.addrs.front().port);
      proxy.faults = () => ({ change: { at: SUPPORTED, to: 0 } });
      const client = startClient(cct, server.addrs, {
        stack: through(server.messenger.stack, proxy.port),
        registry,
        authClient: auth,
      });
      there = new Echo(true);
      here = new Echo(false);
      server.messenger.addDispatcherHead(there);
      client.messenger.addDispatcherHead(here);
      ends = { server, client };
    });

    afterEach(async () => {
      await ends.client.messenger[Symbol.asyncDispose]();
      await ends.server.messenger[Symbol.asyncDispose]();
      await proxy.close();
    });

    it('brings messages of all shapes there and back, one by one and many at once', async () => {
      const { con } = ends.client;
      const wanted: string[][] = [];
      for (const m of shapes()) {
        wanted.push(segments(m));
        con.sendMessage(m);
        await here.count(wanted.length);
      }
      for (const m of shapes()) {
        wanted.push(segments(m));
        con.sendMessage(m);
      }
      await here.count(wanted.length);
      expect(there.received.map(segments)).toEqual(wanted);
      expect(here.received.map(segments)).toEqual(wanted);
      expect([revision1(con), revision1(there.received[0]!.connection)]).toEqual([false, false]);
      expect(proxy.connections).toBe(1);
    }, 60_000);

    it('answers keepalives, takes a session up again where it broke, and speaks msgr2.1 once both may', async () => {
      const { con } = ends.client;
      con.sendMessage(shape(1, 2, 3));
      con.sendKeepalive();
      await here.count(1);
      while (con.lastKeepaliveAck === 0) await new Promise((resolve) => setImmediate(resolve));
      proxy.cut();
      con.sendMessage(shape(4, 5, 6));
      await here.count(2);
      expect(revision1(con)).toBe(false);
      proxy.faults = () => ({});
      proxy.cut();
      con.sendMessage(shape(7, 8, 9));
      await here.count(3);
      expect(here.received.map(segments)).toEqual([shape(1, 2, 3), shape(4, 5, 6), shape(7, 8, 9)].map(segments));
      expect([revision1(con), revision1(there.received[2]!.connection)]).toEqual([true, true]);
      expect(ends.client.recorder.events).toEqual(['connect', 'connect', 'connect']);
    });
  });
}
