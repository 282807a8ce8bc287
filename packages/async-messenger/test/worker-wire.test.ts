import { describe, expect, it } from '@jest/globals';
import { EntityAddr } from '@cephts/encoding';
import type { MsgrThread } from '../src/net/msgr-thread.js';
import { NOBODY } from '../src/net/posix-stack.js';
import { SlabWriter } from '../src/net/slab.js';
import { WorkerWire } from '../src/net/worker-wire.js';
import { Command, FRAME_COST, WINDOW } from '../src/net/worker-records.js';
import { MessageParts } from '../src/protocol/message-parts.js';
import { Tag } from '../src/protocol/tag.js';

const NOTHING = new Uint8Array(0);

/** A wire whose thread keeps what it is told; its owner admits as many messages as it has units. */
function wireWithOwner(units: number) {
  const commands: number[] = [];
  const events: (number | string)[] = [];
  const thread = {
    command: (kind: number) => {
      commands.push(kind);
      return new SlabWriter();
    },
    forget: () => undefined,
  } as unknown as MsgrThread;
  const state = { units, owed: false };
  const wire: WorkerWire = new WorkerWire(
    thread,
    1,
    {
      ...NOBODY,
      admit: () => {
        state.owed = state.units === 0;
        if (!state.owed) state.units--;
        return !state.owed;
      },
      onMessage: (parts) => events.push(parts.header.seq),
      onFrame: (tag) => events.push(`frame ${tag}`),
    },
    EntityAddr.BLANK,
    EntityAddr.BLANK,
  );
  return {
    wire,
    events,
    commands,
    receive: (seq: number) => {
      const parts = new MessageParts();
      parts.header.seq = seq;
      wire.received(parts, 100);
    },
    /** The unit that is waited for, and more. */
    give: (count: number) => {
      state.units += count - 1;
      wire.next();
    },
  };
}

describe('a wire of a msgr-worker', () => {
  it('counts what a frame takes beside its bytes as taken over, so that the worker goes on', () => {
    const { receive, commands, events } = wireWithOwner(Infinity);
    const count = WINDOW / FRAME_COST;
    for (let seq = 1; seq <= count; seq++) receive(seq);
    expect(events).toHaveLength(count);
    expect(commands).toEqual(Array(4).fill(Command.CREDIT));
  });

  it('hands over in order what came behind a message that waits, as far as messages are admitted', () => {
    const { wire, receive, give, events } = wireWithOwner(1);
    for (const seq of [1, 2, 3]) receive(seq);
    wire.frame(Tag.ACK, NOTHING, undefined);
    for (const seq of [4, 5]) receive(seq);
    expect(events).toEqual([1]);
    give(1);
    expect(events).toEqual([1, 2]);
    give(2);
    expect(events).toEqual([1, 2, 3, `frame ${Tag.ACK}`, 4]);
    receive(6);
    give(2);
    expect(events.slice(5)).toEqual([5, 6]);
    receive(7);
    wire.destroy();
    give(5);
    expect(events).toHaveLength(7);
  });
});
