import { afterEach, describe, expect, it, jest } from '@jest/globals';
import * as common from '@cephts/common';
import type { Fifo } from '@cephts/common';
import { DispatchQueue } from '@cephts/dispatch-queue';
import * as encoding from '@cephts/encoding';
import * as messenger from '../src/index.js';
import { AsyncConnection } from '../src/async-connection.js';
import { FramedWire } from '../src/net/framed-wire.js';
import { encodeSeq } from '../src/protocol/control-frames.js';
import { OutQueue } from '../src/protocol/out-queue.js';
import { ProtocolV2 } from '../src/protocol/protocol-v2.js';
import { Session } from '../src/protocol/session.js';
import { State } from '../src/protocol/state.js';
import { Tag } from '../src/protocol/tag.js';
import { Coverage, simulate } from '../sim/simulate.mjs';

const lib = { common, encoding, messenger };

/** The problems of the first seed that shows any. */
async function firstProblems(seeds: number, coverage: Coverage = new Coverage()): Promise<string[]> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { problems } = await simulate(lib, seed, { coverage });
    if (problems.length > 0) return problems;
  }
  return [];
}

/** Puts `wrap` around a method: it is given the method, bound, and what it is called with. */
function plant<T extends object, K extends keyof T & string>(
  prototype: T,
  name: K,
  wrap: (self: T, original: (...args: unknown[]) => unknown, ...args: never[]) => unknown,
): void {
  const original = prototype[name] as (...args: unknown[]) => unknown;
  jest.spyOn(prototype as Record<string, () => unknown>, name).mockImplementation(function (this: unknown, ...args: unknown[]) {
    return wrap(this as T, (...given) => original.apply(this, given), ...(args as never[]));
  } as () => unknown);
}

/** What became of a fault is something else. */
function plantAfterFault(then: (p: ProtocolV2, before: State) => void): void {
  plant(ProtocolV2.prototype, 'fault', (p, fault, reason: string) => {
    const before = p.state;
    fault(reason);
    then(p, before);
  });
}

/** A frame that comes is changed. */
function plantOnFrame(tag: Tag, change: (p: ProtocolV2, read: (payload: Uint8Array) => void, payload: Uint8Array) => void): void {
  plant(ProtocolV2.prototype, 'onFrame', (p, onFrame, came: Tag, payload: Uint8Array, raw: unknown) => {
    if (came === tag) change(p, (other) => onFrame(came, other, raw), payload);
    else onFrame(came, payload, raw);
  });
}

/** A frame is never sent, and nothing is heard of it. */
function plantSilence(tag: Tag): void {
  plant(ProtocolV2.prototype, 'ask', (_p, ask, asked: Tag, payload: Uint8Array) =>
    asked === tag ? undefined : ask(asked, payload),
  );
}

const nothing = (): undefined => undefined;

/** A sender that sends again what its peer says it has. */
function plantForgetfulSender(): void {
  plant(OutQueue.prototype, 'discardRequeued', () => 0);
}

/** A receiver that takes what it had already. */
function plantCredulousReceiver(): void {
  plant(ProtocolV2.prototype, 'onMessage', ({ session }, onMessage, parts: { header: { seq: number } }, length: number) => {
    if (parts.header.seq <= session.inSeq) session.inSeq = parts.header.seq - 1;
    onMessage(parts, length);
  });
}

/** Each with the number of seeds within which it must be found, and how it is planted. */
const PLANTED: readonly [what: string, seeds: number, plant: () => void][] = [
  // messages
  [
    'a messenger that forgets to requeue what it sent',
    60,
    () => plant(Session.prototype, 'requeueSent', ({ sent }) => sent.clear()),
  ],
  ['an acknowledgement that comes too early', 60, () => plant(Session.prototype, 'acknowledge', ({ sent }) => sent.clear())],
  [
    'acknowledgements that are not heeded: what was sent is kept for ever',
    10,
    () => plant(Session.prototype, 'acknowledge', nothing),
  ],
  [
    'a messenger that counts what it need not send again wrongly',
    60,
    () => plant(OutQueue.prototype, 'discardRequeued', (_queue, _original, count: number) => Math.max(0, count)),
  ],
  [
    'a sender that sends again what its peer has, and a receiver that takes it',
    60,
    () => {
      plantForgetfulSender();
      plantCredulousReceiver();
    },
  ],
  [
    'a queue that loses the order',
    60,
    () =>
      plant(OutQueue.prototype, 'requeue', (queue, _original, sent: Fifo<messenger.Message>) => {
        for (const m of sent) queue.push(m);
        sent.clear();
      }),
  ],
  // what leaks
  ['throttle units that leak', 10, () => plant(messenger.Message.prototype, 'put', nothing)],
  ['dispatch throttle units that leak', 10, () => plant(DispatchQueue.prototype, 'dispatchThrottleRelease', nothing)],
  ['connections that leak', 10, () => plant(AsyncConnection.prototype, 'stopped', nothing)],
  // sessions that are lost
  ['a session that is lost without a word', 60, () => plant(DispatchQueue.prototype, 'queueRemoteReset', () => true)],
  [
    'a session that is lost again without a word',
    100,
    () => {
      const told = new WeakSet<object>();
      plant(DispatchQueue.prototype, 'queueRemoteReset', (_queue, tell, con: object) => {
        if (told.has(con)) return true;
        told.add(con);
        return tell(con);
      });
    },
  ],
  [
    'messages of a lost session that are dispatched all the same',
    300,
    () => {
      let resetting = false;
      plant(ProtocolV2.prototype, 'resetSession', (_p, reset) => {
        resetting = true;
        reset();
        resetting = false;
      });
      plant(DispatchQueue.prototype, 'discardQueue', (_queue, discard, id: number) => (resetting ? 0 : discard(id)));
    },
  ],
  [
    'a new session that drops its first message',
    60,
    () => {
      const fresh = new WeakSet<Session>();
      plant(Session.prototype, 'reset', (session, reset) => {
        reset();
        fresh.add(session);
      });
      plant(ProtocolV2.prototype, 'sendMessage', ({ session }, send, m: object) => (fresh.delete(session) ? undefined : send(m)));
    },
  ],
  [
    'a RESET that is not full and leaves the number of what came',
    300,
    () =>
      plantOnFrame(Tag.SESSION_RESET, ({ session }, read, payload) => {
        const { inSeq } = session;
        read(payload);
        if (payload[0] === 0) session.inSeq = inSeq;
      }),
  ],
  [
    'the end of a lossy connection that is told twice',
    10,
    () =>
      plant(DispatchQueue.prototype, 'queueReset', (_queue, tell, con: object) => {
        tell(con);
        return tell(con);
      }),
  ],
  ['the end of a lossy connection that is not told', 10, () => plant(DispatchQueue.prototype, 'queueReset', () => true)],
  // who comes back, and when
  ['a RETRY whose number is not heeded', 60, () => plantOnFrame(Tag.SESSION_RETRY, (_p, read) => read(encodeSeq(0)))],
  [
    'a RETRY_GLOBAL whose number is not heeded',
    300,
    () => plantOnFrame(Tag.SESSION_RETRY_GLOBAL, (_p, read) => read(encodeSeq(0))),
  ],
  [
    'a messenger that does not wait between its tries',
    10,
    () => plantAfterFault((p, before) => before < State.START_ACCEPT && p.state === State.START_CONNECT && p.connect()),
  ],
  [
    'a messenger that was told to wait, and does not',
    10,
    () => plantAfterFault((p, before) => before === State.WAIT && p.state === State.START_CONNECT && p.connect()),
  ],
  [
    'a messenger that does not stand by',
    10,
    () => plantAfterFault((p) => p.state === State.STANDBY && !p.con.policy.server && p.connect()),
  ],
  ['a race that both ends win', 100, () => plant(encoding.EntityAddr.prototype, 'compare', () => -1)],
  ['a race that both ends lose', 10, () => plant(encoding.EntityAddr.prototype, 'compare', () => 1)],
  [
    'a keepalive that is not answered',
    10,
    () =>
      plant(FramedWire.prototype, 'control', (_wire, control, tag: Tag, payload: Uint8Array) =>
        tag === Tag.KEEPALIVE2_ACK ? undefined : control(tag, payload),
      ),
  ],
];

/** Bugs that break no rule, as the network's next fault heals them: what they keep from being reached. */
const AVOIDING: readonly [what: string, missing: string, plant: () => void][] = [
  ['never asks for a RETRY', 'RETRY', () => plantSilence(Tag.SESSION_RETRY)],
  ['never asks for a RETRY_GLOBAL', 'RETRY_GLOBAL', () => plantSilence(Tag.SESSION_RETRY_GLOBAL)],
];

/** Seeds within which all of that is reached. */
const ENOUGH = 100;

describe('the simulation', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('finds no history in which a session rule is broken', async () => {
    const coverage = new Coverage();
    expect(await firstProblems(ENOUGH, coverage)).toEqual([]);
    for (const [, mark] of AVOIDING) expect(coverage.missing()).not.toContain(mark);
  });

  it('gives the same history for the same seed', async () => {
    const first = await simulate(lib, 4, { keepHistory: true });
    const second = await simulate(lib, 4, { keepHistory: true });
    expect(first.history.length).toBeGreaterThan(100);
    expect(second.history).toEqual(first.history);
  });

  // the checker itself: each bug, planted, must be caught
  it.each(PLANTED)('catches %s', async (_what, seeds, plantIt) => {
    plantIt();
    expect(await firstProblems(seeds)).not.toEqual([]);
  });

  it('finds nothing where the receiver makes up for a sender that sends again what it has', async () => {
    plantForgetfulSender();
    expect(await firstProblems(60)).toEqual([]);
  });

  it.each(AVOIDING)('catches a messenger that %s, by what is never reached', async (_what, missing, plantIt) => {
    plantIt();
    const coverage = new Coverage();
    expect(await firstProblems(ENOUGH, coverage)).toEqual([]);
    expect(coverage.missing()).toContain(missing);
  });
});
