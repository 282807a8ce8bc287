import { describe, expect, it } from '@jest/globals';
import { CephContext, VirtualClock, functionLog } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityAddr, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger } from '../src/index.js';
import { NOBODY } from '../src/net/posix-stack.js';
import { WorkerStack } from '../src/net/worker-stack.js';
import { MNote, noteRegistry } from './kit/messages.js';

const CANNOT_START = new URL('data:text/javascript,throw new Error("cannot start")');
/** Does nothing until it is told to end. */
const IDLE = new URL(
  'data:text/javascript,import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit())',
);
const SOMEWHERE = EntityAddr.parse('v2:127.0.0.1:1/0')!;

/** One thread that runs `entry`, in virtual time. */
function stackOf(entry: URL) {
  const clock = new VirtualClock();
  const lines: string[] = [];
  let told = (): void => undefined;
  const log = functionLog((_subsys, _level, line) => {
    lines.push(line);
    told();
  }, 1);
  const cct = new CephContext({ clock, log });
  const stack = new WorkerStack(cct, { threads: 1, backlog: 1, entry });
  const deaths = (): string[] => lines.filter((line) => line.includes('msgr-worker-0 died: '));
  return {
    cct,
    clock,
    stack,
    deaths,
    // an internal, which declarations do not have
    kill: (): void => (stack as unknown as { threads: [{ kill(): void }] }).threads[0].kill(),
    isRunning: () => cct.threads.list().some(({ name }) => name === 'msgr-worker-0'),
    died: async (count: number): Promise<void> => {
      while (deaths().length < count) await new Promise<void>((resolve) => (told = resolve));
    },
  };
}

describe('a thread that dies', () => {
  it('at its start is followed by another one later and later, up to five seconds', async () => {
    const { stack, clock, isRunning, died, deaths } = stackOf(CANNOT_START);
    stack.retain();
    for (const [i, delay] of [100, 200, 400, 800, 1600, 3200, 5000, 5000].entries()) {
      await died(i + 1);
      expect(deaths().at(-1)).toContain(`cannot start; its connections fault, another thread takes its place in ${delay} ms`);
      clock.advance(delay - 1);
      expect(isRunning()).toBe(false);
      clock.advance(1);
      expect(isRunning()).toBe(true);
    }
    await stack.release();
    expect(isRunning()).toBe(false);
  });

  it('after it ran for a while is followed at once', async () => {
    const { stack, clock, isRunning, died, kill } = stackOf(IDLE);
    stack.retain();
    kill();
    await died(1);
    expect(isRunning()).toBe(false);
    clock.advance(100);
    clock.advance(5000);
    kill();
    await died(2);
    expect(isRunning()).toBe(true);
    // and what came before is forgotten
    kill();
    await died(3);
    clock.advance(100);
    expect(isRunning()).toBe(true);
    await stack.release();
    expect(isRunning()).toBe(false);
  });

  it('refuses who wants to connect or listen until the next one comes, soon, not on the caller’s stack', async () => {
    const { stack, clock, died } = stackOf(CANNOT_START);
    stack.retain();
    await died(1);
    const faults: string[] = [];
    stack.connect(SOMEWHERE, { ...NOBODY, onFault: (reason) => faults.push(reason) });
    expect(faults).toEqual([]);
    clock.runDeferred();
    expect(faults).toEqual(['msgr-worker-0 has died']);
    await expect(stack.listen(SOMEWHERE, () => undefined)).rejects.toMatchObject({ code: 'ERR_CEPH_THREAD_DIED' });
    await stack.release();
    expect(clock.pending).toBe(0);
  });

  it('leaves a messenger whose connections wait, and whose shutdown settles', async () => {
    const { cct, stack, clock, died } = stackOf(CANNOT_START);
    const name = EntityName.client(1);
    const messenger = new Messenger(cct, { name, logicalName: 'x', registry: noteRegistry(), stack });
    const con = messenger.connectTo(CEPH_ENTITY_TYPE_MDS, EntityAddrVec.parse('v2:127.0.0.1:1/0')!);
    con.sendMessage(MNote.of(1));
    for (const count of [1, 2, 3]) {
      await died(count);
      await clock.advanceAsync(1000);
    }
    expect([con.queued, messenger.connectionCount]).toEqual([1, 1]);
    await messenger.shutdown();
    const ended = messenger.wait();
    await clock.advanceAsync(10);
    await ended;
    expect(messenger.connectionCount).toBe(0);
  });
});
