import { describe, expect, it } from '@jest/globals';
import { CephContext, Throttle } from '@cephts/common';
import { MessageRegistry, Policy } from '@cephts/async-messenger';
import type { MessengerInit } from '@cephts/async-messenger';
import { MNote, MReply } from './messages.js';
import { loggedContext, startClient, startServer } from './pair.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const fail = (why: string): never => {
  throw new Error(why);
};

/** What a client sends. */
class MBad extends MNote {
  static override readonly TYPE: number = 9003;
  override readonly type: number = 9003;
}

/** What the server makes of it. */
const broken: Record<string, typeof MNote> = {
  'cannot be made': class extends MBad {
    constructor() {
      super();
      fail('not made');
    }
  },
  'cannot be read': class extends MBad {
    override decodePayload(): void {
      fail('not read');
    }
  },
  'cannot say what it costs': class extends MBad {
    override get cost(): number {
      return fail('no cost');
    }
  },
  'costs no number': class extends MBad {
    override get cost(): number {
      return NaN;
    }
  },
};

/** What becomes of messages that the sender cannot write, or the receiver cannot take, on a stack. */
export function badMessageSuite(name: string, stack: NonNullable<MessengerInit['stack']>): void {
  describe(`a messenger ${name}`, () => {
    it.each(Object.keys(broken))('ends no connection but that of a message that %s, and keeps no throttle units', async (what) => {
      const { cct, lines } = loggedContext({ ms_async_op_threads: 1 });
      const bytes = new Throttle(cct, 'bytes', 10_000, false);
      const messages = new Throttle(cct, 'messages', 100, false);
      const policy = Policy.statelessServer().withThrottlers(bytes, messages);
      const registry = new MessageRegistry([MNote, MReply, broken[what]!]);
      const server = await startServer(cct, { stack, policy, registry });
      const bad = startClient(cct, server.addrs, { stack, policy: Policy.lossyClient() });
      const good = startClient(cct, server.addrs, { stack, policy: Policy.lossyClient() });
      for (const client of [bad, good]) client.con.sendMessage(MNote.of(0));
      await Promise.all([bad.recorder.count(1), good.recorder.count(1)]);
      // all of it in one go
      bad.con.sendMessage(new MBad());
      for (const i of numbers(50)) good.con.sendMessage(MNote.of(i + 1));
      await good.recorder.count(51);
      expect(good.recorder.values).toEqual(numbers(51));
      while (!bad.recorder.events.includes('reset')) await new Promise((resolve) => setImmediate(resolve));
      expect(lines.filter((line) => line.includes('decode message failed: '))).toHaveLength(1);
      expect([bytes.count, messages.count, server.messenger.dispatchQueue.dispatchThrottler!.count]).toEqual([0, 0, 0]);
      for (const { messenger } of [bad, good, server]) await messenger[Symbol.asyncDispose]();
    });

    it.each<[string, object]>([
      ['cannot be written', { encodePayload: () => fail('not written') }],
      ['has a string for its data', { data: 'text' }],
      ['has nothing for its middle', { middle: undefined }],
    ])('leaves out a message that %s, tells of it, and sends what follows', async (_what, fault) => {
      const errors: unknown[] = [];
      const { cct } = loggedContext({ ms_async_op_threads: 1 });
      const sender = new CephContext({ conf: { ms_async_op_threads: 1 }, onError: (error) => errors.push(error) });
      const server = await startServer(cct, { stack });
      const { messenger, con, recorder } = startClient(sender, server.addrs, { stack });
      const other = startClient(sender, server.addrs, { stack });
      con.sendMessage(Object.assign(MNote.of(0), fault));
      for (const to of [con, other.con]) to.sendMessage(MNote.of(1));
      await Promise.all([recorder.count(1), other.recorder.count(1)]);
      expect([recorder.values, other.recorder.values]).toEqual([[1], [1]]);
      expect(errors).toHaveLength(1);
      for (const end of [messenger, other.messenger, server.messenger]) await end[Symbol.asyncDispose]();
    });

    it('serves messages of every priority that a header can hold', async () => {
      const { cct } = loggedContext({ ms_async_op_threads: 1 });
      const server = await startServer(cct, { stack });
      const { messenger, con, recorder } = startClient(cct, server.addrs, { stack });
      for (const priority of [1, 255, 511, 512, 65_535]) {
        const m = MNote.of(priority);
        m.priority = priority;
        con.sendMessage(m);
      }
      await recorder.count(5);
      expect(server.recorder.messages.map((m) => m.priority)).toEqual([65_535, 512, 511, 255, 1]);
      await messenger[Symbol.asyncDispose]();
      await server.messenger[Symbol.asyncDispose]();
    });
  });
}
