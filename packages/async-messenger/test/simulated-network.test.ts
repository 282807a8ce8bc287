import { describe, expect, it } from '@jest/globals';
import { VirtualClock, seededRandom } from '@cephts/common';
import type { TimerHandle } from '@cephts/common';
import { EntityAddrVec } from '@cephts/encoding';
import type { EntityAddr } from '@cephts/encoding';
import { SimulatedNetwork } from '../src/index.js';
import type { ByteSocket } from '../src/net/byte-socket.js';

/** As a real one: time passes while code runs, and timers know whole milliseconds only. */
class RoundingClock extends VirtualClock {
  #spent = 0;

  override monotonicNow(): number {
    return super.monotonicNow() + this.#spent;
  }

  override setTimeout(callback: () => void, delay: number): TimerHandle {
    return super.setTimeout(callback, Math.ceil(delay));
  }

  /** Lets `ms` go by without a turn for the timers. */
  spend(ms: number): void {
    this.#spent += ms;
  }
}

/** What is deferred runs 5 ms later, timers before it. */
class LateClock extends VirtualClock {
  override defer(callback: () => void): void {
    this.setTimeout(callback, 5);
  }
}

function connected(clock: VirtualClock) {
  const net = new SimulatedNetwork(clock, seededRandom(1));
  const addr = EntityAddrVec.parse('v2:10.0.0.1:6800/0')!.front();
  const received: number[] = [];
  const nothing = { onConnected: () => undefined, onDrain: () => undefined, onClose: () => undefined, onData: () => false };
  let far!: ByteSocket;
  // what a stack listens by, which is not for others
  const { listen } = net as unknown as { listen(addr: EntityAddr, accept: (socket: ByteSocket) => void): void };
  listen.call(net, addr, (socket) => {
    far = socket;
    socket.owner = {
      ...nothing,
      onData: (bytes, length) => {
        received.push(...bytes.subarray(0, length));
        return false;
      },
    };
  });
  const near = net.connect('10.0.0.2', addr);
  near.owner = nothing;
  clock.advance(2);
  return { net, near, far, received };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('SimulatedNetwork', () => {
  it('keeps the order of writes whose timers a real clock rounds to another one', () => {
    const clock = new RoundingClock();
    const { net, near, received } = connected(clock);
    net.faults.maxDelay = 5;
    for (const i of numbers(200)) {
      near.write([Uint8Array.of(i)]);
      clock.spend(0.02);
    }
    clock.advance(1000);
    expect(received).toEqual(numbers(200));
  });

  it('brings what came while a socket was paused before what comes after', () => {
    const clock = new LateClock();
    const { near, far, received } = connected(clock);
    far.pause();
    near.write([Uint8Array.of(0)]);
    clock.advance(2);
    far.resume();
    near.write([Uint8Array.of(1)]);
    clock.advance(2);
    expect(received).toEqual([]);
    clock.advance(10);
    expect(received).toEqual([0, 1]);
  });

  it('takes a pause while it brings what came in one', () => {
    const clock = new VirtualClock();
    const { near, far, received } = connected(clock);
    const { owner } = far;
    far.owner = {
      ...owner,
      onData: (bytes, length, borrowed) => {
        far.pause();
        return owner.onData(bytes, length, borrowed);
      },
    };
    for (const i of numbers(3)) near.write([Uint8Array.of(i)]);
    clock.advance(5);
    expect(received).toEqual([0]);
    far.resume();
    clock.advance(0);
    expect(received).toEqual([0, 1]);
  });
});
