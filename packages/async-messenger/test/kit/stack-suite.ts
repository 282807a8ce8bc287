import { describe, expect, it } from '@jest/globals';
import { Throttle } from '@cephts/common';
import { Messenger, Policy } from '@cephts/async-messenger';
import type { MessengerInit } from '@cephts/async-messenger';
import { EntityName } from '@cephts/encoding';
import type { EntityAddrVec } from '@cephts/encoding';
import { MNote, noteRegistry } from './messages.js';
import { loggedContext, startClient, startServer } from './pair.js';

const MIB = 1024 * 1024;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const SHUT_DOWN = { code: 'ERR_CEPH_ABORTED', message: 'the messenger is shut down' };
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What the suite needs of a network stack. */
export interface StackUnderTest {
  server: Partial<MessengerInit> & { bind?: EntityAddrVec };
  client: Partial<MessengerInit>;
}

/** What every network stack has to do, whatever it is made of. `make` gives a fresh one. */
export function stackSuite(name: string, make: () => StackUnderTest): void {
  const start = async (policies: { server?: Policy; client?: Policy } = {}) => {
    const stacks = make();
    const { cct, lines } = loggedContext({
      ms_async_op_threads: 2,
      ms_dispatch_throttle_bytes: '8M',
      ms_initial_backoff: 0.01,
      ms_max_backoff: 0.5,
      // somebody else's connection may sit on the port for a moment
      ms_bind_retry_count: 20,
      ms_bind_retry_delay: 1,
    });
    const server = await startServer(cct, { ...stacks.server, ...(policies.server ? { policy: policies.server } : {}) });
    const client = startClient(cct, server.addrs, { ...stacks.client, ...(policies.client ? { policy: policies.client } : {}) });
    const ends: Messenger[] = [client.messenger, server.messenger];
    const { bind: _bind, ...init } = stacks.server;
    return {
      cct,
      lines,
      stacks,
      server,
      client,
      send: (value: number, data?: Uint8Array) => client.con.sendMessage(MNote.of(value, data)),
      ends,
      /** One that nobody uses yet, at the server's place. */
      another: (context = cct) => {
        const messenger = new Messenger(context, { name: EntityName.mds(1), logicalName: 'x', registry: noteRegistry(), ...init });
        ends.push(messenger);
        return messenger;
      },
      end: async () => {
        for (const messenger of ends) await messenger[Symbol.asyncDispose]();
      },
    };
  };

  describe(`the stack ${name}`, () => {
    it('delivers messages of all sizes in order, and the answers back', async () => {
      const w = await start();
      const data = new Uint8Array(200_000).map((_, i) => i * 31);
      const lengthOf = (i: number): number => (i % 40 === 13 ? data.length : (i * 37) % 3000);
      for (const i of numbers(400)) w.send(i, data.subarray(0, lengthOf(i)));
      await w.client.recorder.count(400);
      expect(w.client.recorder.values).toEqual(numbers(400));
      for (const [i, m] of w.client.recorder.messages.entries()) {
        expect(Buffer.compare(m.data, data.subarray(0, lengthOf(i)))).toBe(0);
      }
      await w.end();
    });

    it('takes a message of 64 MiB', async () => {
      const w = await start();
      const data = new Uint8Array(64 * MIB);
      data[data.length - 1] = 9;
      w.send(1, data);
      await w.client.recorder.count(1);
      const [m] = w.client.recorder.messages;
      expect([m!.data.length, m!.data[data.length - 1]]).toEqual([data.length, 9]);
      await w.end();
    }, 60_000);

    it('takes messages as long as each messenger says', async () => {
      const w = await start();
      const strict = await startServer(w.cct, { ...w.stacks.server, policy: Policy.statelessServer(), maxMessageBytes: 1000 });
      const client = startClient(w.cct, strict.addrs, { ...w.stacks.client, policy: Policy.lossyClient() });
      w.ends.unshift(client.messenger, strict.messenger);
      client.con.sendMessage(MNote.of(0, new Uint8Array(900)));
      await client.recorder.count(1);
      client.con.sendMessage(MNote.of(1, new Uint8Array(1000)));
      const refused = 'message of 1012 bytes, at most 1000 are taken';
      while (!w.lines.some((line) => line.includes(refused))) await soon();
      expect(strict.recorder.values).toEqual([0]);
      w.send(2, new Uint8Array(1000));
      await w.client.recorder.count(1);
      await w.end();
    });

    it('pushes back on a sender whose messages nobody takes', async () => {
      const w = await start();
      const { dispatchQueue } = w.server.messenger;
      const throttle = dispatchQueue.dispatchThrottler!;
      dispatchQueue.pause();
      for (const i of numbers(40)) w.send(i, new Uint8Array(MIB));
      while (throttle.waiting === 0) await soon();
      expect(throttle.count).toBeLessThanOrEqual(throttle.max);
      dispatchQueue.resume();
      await w.client.recorder.count(40);
      expect(w.client.recorder.values).toEqual(numbers(40));
      await w.end();
      expect(throttle.count).toBe(0);
    }, 60_000);

    it('takes small messages one by one where the policy lets no more in, and loses none', async () => {
      const throttle = new Throttle(loggedContext().cct, 'messages', 1, false);
      const w = await start({ server: Policy.statefulServer().withThrottlers(undefined, throttle) });
      for (const i of numbers(10_000)) w.send(i);
      await w.client.recorder.count(10_000);
      expect(w.client.recorder.values).toEqual(numbers(10_000));
      await w.end();
      expect(throttle.count).toBe(0);
    });

    it('lets a sender wait until its queue has come down', async () => {
      const w = await start();
      w.server.messenger.dispatchQueue.pause();
      for (const i of numbers(1100)) w.send(i, new Uint8Array(64 * 1024));
      let drained = false;
      const waiting = w.client.con.drained().then(() => (drained = true));
      while (w.server.messenger.dispatchQueue.dispatchThrottler!.waiting === 0) await soon();
      expect(drained).toBe(false);
      w.server.messenger.dispatchQueue.resume();
      await waiting;
      expect(w.client.con.queued).toBeLessThanOrEqual(512);
      await w.client.recorder.count(1100);
      await w.end();
    }, 60_000);

    it('answers a keepalive', async () => {
      const w = await start();
      w.send(0);
      await w.client.recorder.count(1);
      w.client.con.sendKeepalive();
      while (w.client.con.lastKeepaliveAck === 0) await soon();
      expect(w.server.recorder.con!.lastKeepalive).toBeGreaterThan(0);
      await w.end();
    });

    it('closes what a pending bind opens when it is shut down, and everything settles', async () => {
      const w = await start();
      await w.server.messenger[Symbol.asyncDispose]();
      const messenger = w.another();
      const binding = messenger.bindv(w.server.addrs);
      const ended = messenger.wait();
      await Promise.all([expect(binding).rejects.toMatchObject(SHUT_DOWN), messenger.shutdown()]);
      await ended;
      await expect(w.another().bindv(w.server.addrs)).resolves.toHaveLength(1);
      await w.end();
    });

    it('gives up a bind that waits for its port when it is shut down', async () => {
      const w = await start();
      const messenger = w.another();
      const binding = messenger.bindv(w.server.addrs);
      while (!w.lines.some((line) => line.includes('again in 1 s'))) await soon();
      await Promise.all([expect(binding).rejects.toMatchObject(SHUT_DOWN), messenger.shutdown()]);
      await messenger.wait();
      await w.end();
    });

    it('may bind again where it could not', async () => {
      const w = await start();
      const messenger = w.another(loggedContext({ ms_bind_retry_count: 0 }).cct);
      await expect(messenger.bindv(w.server.addrs)).rejects.toMatchObject({ code: 'ERR_CEPH_EADDRINUSE' });
      await w.server.messenger[Symbol.asyncDispose]();
      await expect(messenger.bindv(w.server.addrs)).resolves.toHaveLength(1);
      await expect(messenger.bindv(w.server.addrs)).rejects.toMatchObject({ code: 'ERR_CEPH_STATE' });
      await w.end();
    });

    it('tells a lossy client of the reset, once, when the server goes', async () => {
      const w = await start({ server: Policy.statelessServer(), client: Policy.lossyClient() });
      w.send(0);
      await w.client.recorder.count(1);
      await w.server.messenger[Symbol.asyncDispose]();
      while (!w.client.recorder.events.includes('reset')) await soon();
      expect(w.client.recorder.events).toEqual(['connect', 'reset']);
      expect(w.client.messenger.connectionCount).toBe(0);
      await w.end();
    });

    it('keeps quiet at the end that marked a connection down, and tells the other', async () => {
      const w = await start({ server: Policy.statelessServer(), client: Policy.lossyClient() });
      w.send(0);
      await w.client.recorder.count(1);
      w.client.con.markDown();
      while (!w.server.recorder.events.includes('reset')) await soon();
      expect(w.client.recorder.events).toEqual(['connect']);
      await w.end();
    });

    it('tells a client where nobody listens, and gets through once somebody does', async () => {
      const w = await start();
      await w.client.messenger[Symbol.asyncDispose]();
      await w.server.messenger[Symbol.asyncDispose]();
      const late = startClient(w.cct, w.server.addrs, w.stacks.client);
      w.ends.unshift(late.messenger);
      late.con.sendMessage(MNote.of(7));
      while (!late.recorder.events.includes('refused')) await soon();
      const server = await startServer(w.cct, { ...w.stacks.server, bind: w.server.addrs, nonce: w.server.messenger.nonce });
      w.ends.push(server.messenger);
      await late.recorder.count(1);
      expect(late.recorder.values).toEqual([7]);
      await w.end();
    });

    it('tells a client that its server has begun anew, and goes on', async () => {
      const w = await start();
      w.send(0);
      await w.client.recorder.count(1);
      await w.server.messenger[Symbol.asyncDispose]();
      const server = await startServer(w.cct, { ...w.stacks.server, bind: w.server.addrs, nonce: w.server.messenger.nonce });
      w.ends.push(server.messenger);
      w.send(1);
      while (!w.client.recorder.events.includes('remoteReset')) await soon();
      w.send(2);
      await w.client.recorder.count(2);
      expect(w.client.recorder.values.at(-1)).toBe(2);
      await w.end();
    });
  });
}
