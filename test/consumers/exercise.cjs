// What a consumer does with the packages, handed in as modules, however they were loaded: each of them for real, briefly. Used by all the
// consumers of `npm run check:packages`, so it is plain JavaScript that any loader takes.
'use strict';

function same(what, actual, expected) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`);
}

async function primitives({ common, finisher, safeTimer, dispatchQueue }) {
  const log = [];
  const fin = new finisher.Finisher(new common.CephContext(), { name: 'consumer' });
  fin.start();
  for (let i = 0; i < 10; i++) fin.queue((r) => log.push(r), i);
  await fin.waitForEmpty();
  await fin.close();
  same('Finisher', log, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

  const clock = new common.VirtualClock();
  const timer = new safeTimer.SafeTimer(new common.CephContext({ clock }));
  const fired = [];
  timer.addEventAfter(1000, () => fired.push('kept'));
  const cancelled = timer.addEventAfter(500, () => fired.push('cancelled'));
  same('SafeTimer.cancelEvent', timer.cancelEvent(cancelled), true);
  clock.advance(1000);
  timer.shutdown();
  same('SafeTimer', fired, ['kept']);

  const delivered = [];
  const queue = dispatchQueue.DispatchQueue.of({ deliver: (message) => void delivered.push(message) });
  queue.enqueue('low', dispatchQueue.PRIORITY.LOW, 1);
  queue.enqueue('high', dispatchQueue.PRIORITY.HIGH, 2);
  await queue.close();
  same('DispatchQueue', delivered, ['high', 'low']);
}

function encoding({ encoding: { Decoder, Encoder } }) {
  const bytes = new Encoder().struct(2, 1, (e) => e.u64(0x10000000000).string('name')).toBytes();
  const decoder = new Decoder(bytes, 'entry');
  same(
    'encoding',
    decoder.struct(2, (d) => [d.u64(), d.string()]),
    [0x10000000000, 'name'],
  );
}

/** A message there and its echo back, between two messengers; `threads` of them real, or the sockets of this thread with 0. */
async function messenger(modules, threads, workersMayLack = false) {
  const { common, encoding: enc } = modules;
  const { Message, MessageRegistry, Messenger, Policy } = modules.asyncMessenger;
  class MEcho extends Message {
    static TYPE = 9000;
    type = 9000;
    typeName = 'echo';
    text = '';
    encodePayload(e) {
      e.string(this.text);
    }
    decodePayload(d) {
      this.text = d.string();
    }
  }
  const echo = (text) => Object.assign(new MEcho(), { text });
  const cct = new common.CephContext({ conf: { ms_async_op_threads: threads } });
  const registry = new MessageRegistry([MEcho]);
  const server = new Messenger(cct, { name: enc.EntityName.mds(0), logicalName: 'server', registry });
  server.setDefaultPolicy(Policy.statefulServer());
  const addrs = await server.bindv(new enc.EntityAddrVec([enc.EntityAddr.of(enc.EntityAddr.TYPE_MSGR2, '127.0.0.1', 0)]));
  server.start();
  server.addDispatcherTail({
    msDispatch(m) {
      m.connection.sendMessage(echo(`${m.text} yourself`));
      return true;
    },
  });
  const client = new Messenger(cct, { name: enc.EntityName.client(1), logicalName: 'client', registry });
  client.setDefaultPolicy(Policy.losslessClient());
  client.start();
  const answer = new Promise((resolve) => {
    client.addDispatcherTail({
      msDispatch(m) {
        resolve(m.text);
        return true;
      },
    });
  });
  client.connectTo(enc.CEPH_ENTITY_TYPE_MDS, addrs).sendMessage(echo('hello'));
  // the messengers hold no process open by themselves, so something else has to
  const holder = setTimeout(() => undefined, 60_000);
  same('messenger', await answer, 'hello yourself');
  const workers = cct.threads.list().filter(({ name, kind }) => name.startsWith('msgr-worker') && kind === 'real').length;
  if (!workersMayLack || workers > 0) same('msgr-workers', workers, threads);
  await client.shutdown();
  await server.shutdown();
  clearTimeout(holder);
}

async function mds({ mdsReference: { CephFsClient, startEmbeddedMds } }) {
  const embedded = await startEmbeddedMds({ msgrWorkers: 0, services: false, context: {} });
  const client = await CephFsClient.connect({ monAddr: embedded.monAddr });
  const root = await client.resolve('/');
  await client.mkdir(root.ino, 'made', { mode: 0o755 });
  await client.sync();
  const names = [];
  for await (const { name } of client.readdir(root.ino)) names.push(name);
  same('MDS', names, ['made']);
  await client.close();
  await embedded.close();
}

module.exports = { same, primitives, encoding, messenger, mds };
