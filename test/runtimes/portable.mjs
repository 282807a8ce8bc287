// The primitives, in whatever runtime loads this file: Node, Bun, Deno, a browser. It imports what rollup built, checks itself, and says
// `portable: ok` in the end; in a page it leaves that in globalThis.portable. It leaves a timer and a finisher behind on purpose: a process
// has to end all the same.
import { CephContext, GatherBuilder, VirtualClock } from '@cephts/common';
import { DispatchQueue, PRIORITY } from '@cephts/dispatch-queue';
import { C_OnFinisher, Finisher, FinisherProducer, limits } from '@cephts/finisher';
import { SafeTimer } from '@cephts/safe-timer';

let checks = 0;
function same(what, actual, expected) {
  checks++;
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function finisherKeepsOrder() {
  const finisher = new Finisher();
  finisher.start();
  const log = [];
  finisher.queue((r) => log.push(r));
  finisher.queue((r) => log.push(r), -5);
  finisher.queue(async () => {
    await sleep(5);
    log.push('slow');
  });
  finisher.queue([() => log.push('listed'), () => finisher.queue(() => log.push('queued by a completion'))]);
  const controller = new AbortController();
  finisher.queue((r) => log.push(`withdrawn ${r}`), 0, { signal: controller.signal });
  controller.abort();
  same('never on the stack of whoever queues', log, ['withdrawn -125']);
  await finisher.waitForEmpty();
  same('order', log, ['withdrawn -125', 0, -5, 'slow', 'listed', 'queued by a completion']);

  let result;
  const gather = new GatherBuilder(new C_OnFinisher((r) => (result = r), finisher));
  const subs = [gather.newSub(), gather.newSub()];
  gather.activate();
  finisher.queue(subs[0], -2);
  finisher.queue(subs[1]);
  await finisher.waitForEmpty();
  same('gather', result, -2);

  finisher.pause();
  finisher.queue((r) => log.push(`destroyed ${r}`), 3);
  await finisher.destroy();
  same('destroy', log.at(-1), 'destroyed -125');
}

async function finisherLeavesIoItsTurn() {
  const errors = [];
  const finisher = new Finisher(undefined, { onError: (error) => errors.push(error) });
  finisher.start();
  let done = 0;
  for (let i = 0; i < 300; i++) {
    finisher.queue(() => {
      const end = performance.now() + 0.2;
      while (performance.now() < end);
      done++;
    });
  }
  finisher.queue(() => {
    throw 'reported';
  });
  await sleep(1);
  same('a timer fires while the queue drains', done < 300, true);
  await finisher.waitForEmpty();
  same('all done', [done, errors], [300, ['reported']]);
  await finisher.close();
}

async function finisherBounds() {
  const log = [];
  const finisher = new Finisher(undefined, {
    limits: limits({
      capacity: 2,
      overflow: 'drop-oldest',
      lowWater: 0,
      onHighWater: () => log.push('high'),
      onLowWater: () => log.push('low'),
    }),
  });
  for (const name of ['a', 'b', 'c']) finisher.queue((r) => log.push(`${name}${r}`));
  await finisher.close();
  same('bounds and marks', log, ['high', 'a-11', 'b0', 'low', 'c0']);
  let code;
  try {
    finisher.queue(() => undefined);
  } catch (error) {
    code = error.code;
  }
  same('closed', code, 'ERR_CEPH_CLOSED');
}

async function finisherRings() {
  if (typeof SharedArrayBuffer === 'undefined') throw new Error('no SharedArrayBuffer here');
  const finisher = new Finisher();
  finisher.start();
  const remote = finisher.remote();
  const log = [];
  await finisher.waitForEmpty();
  await sleep(5);
  const rung = new Promise((resolve) => remote.register((r) => resolve(log.push(r))));
  const producer = new FinisherProducer(remote.handle);
  producer.queue(1, 42);
  // the wait for a doorbell holds no process open, so something else has to
  let alive;
  await Promise.race([rung, new Promise((resolve) => (alive = setTimeout(resolve, 20_000)))]);
  clearTimeout(alive);
  same('doorbell', log, [42]);
}

async function keepsAsyncContext() {
  const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks');
  if (!hooks?.AsyncLocalStorage?.snapshot) return;
  const storage = new hooks.AsyncLocalStorage();
  const finisher = new Finisher(undefined, { keepAsyncContext: true });
  finisher.start();
  const seen = [];
  storage.run('submitter', () => finisher.queue(() => seen.push(storage.getStore())));
  await finisher.close();
  same('asynchronous context', seen, ['submitter']);
}

async function publishesEvents() {
  const channels = globalThis.process?.getBuiltinModule?.('node:diagnostics_channel');
  if (!channels) return;
  const seen = [];
  for (const event of ['start', 'stop']) channels.channel(`cephts:finisher:${event}`).subscribe(() => seen.push(event));
  const finisher = new Finisher();
  finisher.start();
  await finisher.close();
  same('diagnostics', seen, ['start', 'stop']);
}

async function safeTimerKeepsTime() {
  const timer = new SafeTimer(undefined, { ref: true });
  const log = [];
  const begin = performance.now();
  timer.addEventAfter(2 ** 31 + 5, () => log.push('overflowed'));
  const cancelled = timer.addEventAfter(10, () => log.push('cancelled'));
  timer.addEventAfter(80, () => log.push('80'));
  timer.addEventAfter(20, () => log.push('20'));
  timer.addEventAt(Date.now() + 50, () => log.push('50'));
  // beats that a busy machine holds up are left out: when the third comes is not said
  let beats = 0;
  let ended;
  const beat = timer.addEventEvery(4, () => {
    if (++beats === 3) ended = timer.cancelEvent(beat);
  });
  same('cancelEvent', [timer.cancelEvent(cancelled), timer.cancelEvent(cancelled)], [true, false]);
  while ((log.length < 3 || ended === undefined) && performance.now() - begin < 20_000) await sleep(5);
  same('events', log, ['20', '50', '80']);
  same('the beat is cancelled from within', ended, true);
  same('what is left', timer.length, 1);
  timer.shutdown();
}

function virtualClock() {
  const clock = new VirtualClock();
  const timer = new SafeTimer(new CephContext({ clock }));
  let ran = 0;
  timer.addEventAfter(1e10, () => ran++);
  clock.advance(1e10 - 1);
  same('not early', ran, 0);
  clock.advance(1);
  same('in time', ran, 1);
}

async function dispatchQueueByPriority() {
  const log = [];
  const queue = DispatchQueue.of({ deliver: (message) => void log.push(message.name) });
  queue.enqueue({ name: 'low 1' }, PRIORITY.LOW, 1);
  queue.enqueue({ name: 'low 2' }, PRIORITY.LOW, 1);
  queue.enqueue({ name: 'low, another' }, PRIORITY.LOW, 2);
  queue.enqueue({ name: 'high' }, PRIORITY.HIGH, 2);
  queue.start();
  await queue.waitForEmpty();
  await queue.close();
  same('priorities, and turns among classes', log, ['high', 'low 1', 'low, another', 'low 2']);
}

function leaveSomethingBehind() {
  new SafeTimer().addEventAfter(3_600_000, () => undefined);
  const finisher = new Finisher();
  finisher.start();
  finisher.remote();
}

try {
  await finisherKeepsOrder();
  await finisherLeavesIoItsTurn();
  await finisherBounds();
  await finisherRings();
  await keepsAsyncContext();
  await publishesEvents();
  await safeTimerKeepsTime();
  virtualClock();
  await dispatchQueueByPriority();
  leaveSomethingBehind();
  globalThis.portable = `portable: ok, ${checks} checks`;
} catch (error) {
  globalThis.portable = `portable: ${error.stack ?? error}`;
  if (globalThis.process) process.exitCode = 1;
}
console.log(globalThis.portable);
