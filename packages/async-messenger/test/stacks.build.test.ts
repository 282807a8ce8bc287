import { describe, expect, it } from '@jest/globals';
import { CephContext } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { AuthNone, CON_MODE, Message, MessageRegistry, Messenger, Policy } from '@cephts/async-messenger';
import type { AuthConnectionMeta, AuthVerdict, Connection, MessengerInit } from '@cephts/async-messenger';
import { AuthEntityName } from '@cephts/encoding';

class MNote extends Message {
  static readonly TYPE = 9001;
  readonly type = 9001;
  readonly typeName = 'note';
  value = 0;
  encodePayload(e: Encoder): void {
    e.u64(this.value);
  }
  decodePayload(d: Decoder): void {
    this.value = d.u64();
  }
}

const registry = new MessageRegistry([MNote]);
const SECRET = Uint8Array.from({ length: 40 }, (_, i) => i * 7);
const KEY = Uint8Array.from({ length: 16 }, (_, i) => i + 1);

/** Method none with a secret both ends know: what cephx would have agreed on. */
class SharedSecret extends AuthNone {
  constructor() {
    super({ name: () => AuthEntityName.parse('client.x') as AuthEntityName, globalId: () => 1, modes: [CON_MODE.SECURE] });
  }
  override handleAuthDone(_con?: Connection, meta?: AuthConnectionMeta): number {
    this.#agree(meta);
    return 0;
  }
  override handleAuthRequest(
    con: Connection,
    meta: AuthConnectionMeta,
    more: boolean,
    method: number,
    payload: Uint8Array,
  ): AuthVerdict {
    this.#agree(meta);
    return super.handleAuthRequest(con, meta, more, method, payload);
  }
  #agree(meta: AuthConnectionMeta | undefined): void {
    if (!meta) return;
    meta.sessionKey = KEY;
    meta.connectionSecret = SECRET;
  }
}

async function world(options: Partial<MessengerInit>) {
  const cct = new CephContext({ conf: { ms_async_op_threads: 2, ms_dispatch_throttle_bytes: '8M' } });
  const server = new Messenger(cct, { name: EntityName.mds(0), logicalName: 'mds', registry, ...options });
  server.setDefaultPolicy(Policy.statefulServer());
  const addrs = await server.bindv(EntityAddrVec.parse('v2:127.0.0.1:0/0') as EntityAddrVec);
  server.start();
  const accepted: Connection[] = [];
  server.addDispatcherTail({
    msDispatch(m) {
      const reply = new MNote();
      reply.value = (m as MNote).value;
      reply.data = m.data;
      m.connection?.sendMessage(reply);
      return true;
    },
    msHandleAccept: (con) => void accepted.push(con),
  });
  const client = new Messenger(cct, { name: EntityName.client(4100), logicalName: 'client', registry, ...options });
  client.setDefaultPolicy(Policy.losslessClient());
  client.start();
  const got: MNote[] = [];
  let wake: (() => void) | undefined;
  client.addDispatcherTail({
    msDispatch(m) {
      got.push(m as MNote);
      wake?.();
      return true;
    },
  });
  const con = client.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
  return {
    cct,
    client,
    server,
    con,
    got,
    accepted,
    send(value: number, data = new Uint8Array(0)) {
      const m = new MNote();
      m.value = value;
      m.data = data;
      con.sendMessage(m);
    },
    async until(count: number) {
      while (got.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
    async end() {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe.each([
  ['inline, crc', { stack: 'posix' as const }],
  ['in threads, crc', { stack: 'workers' as const }],
  ['inline, secure', { stack: 'posix' as const, authClient: new SharedSecret(), authServer: new SharedSecret() }],
  ['in threads, secure', { stack: 'workers' as const, authClient: new SharedSecret(), authServer: new SharedSecret() }],
])('the stack %s', (_name, options) => {
  it('delivers messages of all sizes in order and the answers back', async () => {
    const w = await world(options);
    const data = new Uint8Array(200_000).map((_, i) => i * 31);
    for (let i = 0; i < 400; i++) w.send(i, data.subarray(0, i % 40 === 13 ? data.length : (i * 37) % 3000));
    await w.until(400);
    expect(w.got.map(({ value }) => value)).toEqual(Array.from({ length: 400 }, (_, i) => i));
    for (const [i, m] of w.got.entries()) {
      const length = i % 40 === 13 ? data.length : (i * 37) % 3000;
      expect(Buffer.compare(m.data, data.subarray(0, length))).toBe(0);
    }
    await w.end();
  });

  it('takes a message of 64 MiB', async () => {
    const w = await world(options);
    const data = new Uint8Array(64 * 1024 * 1024);
    data[data.length - 1] = 9;
    w.send(1, data);
    await w.until(1);
    expect(w.got[0]!.data.length).toBe(data.length);
    expect(w.got[0]!.data[data.length - 1]).toBe(9);
    await w.end();
  }, 30_000);

  it('pushes back on a sender whose messages nobody takes', async () => {
    const w = await world(options);
    w.server.dispatchQueue.pause();
    const chunk = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 40; i++) w.send(i, chunk);
    const throttle = w.server.dispatchQueue.dispatchThrottler;
    while (throttle.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(throttle.count).toBeLessThanOrEqual(throttle.max);
    w.server.dispatchQueue.resume();
    await w.until(40);
    expect(w.got.map(({ value }) => value)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    await w.end();
    expect(throttle.count).toBe(0);
  }, 30_000);
});

describe('msgr-worker threads', () => {
  it('are listed by name, and gone after the last messenger', async () => {
    const w = await world({ stack: 'workers' });
    const names = (): string[] => w.cct.threads.list().map(({ name }) => name);
    expect(names()).toEqual(expect.arrayContaining(['msgr-worker-0', 'msgr-worker-1']));
    await w.end();
    expect(names().filter((name) => name.startsWith('msgr-worker'))).toEqual([]);
  });

  it('that die fault their connections, which go on elsewhere and lose nothing', async () => {
    const w = await world({ stack: 'workers' });
    w.send(0);
    await w.until(1);
    const { threads } = w.client.stack as unknown as { threads: { kill(): void }[] };
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 50; i++) w.send(1 + round * 50 + i, new Uint8Array(5000));
      threads[round % 2]!.kill();
      await w.until(1 + (round + 1) * 50);
    }
    expect(w.got.map(({ value }) => value)).toEqual(Array.from({ length: 201 }, (_, i) => i));
    expect(w.accepted.length).toBeGreaterThan(1);
    await w.end();
  }, 60_000);
});
