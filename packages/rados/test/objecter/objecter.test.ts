import { describe, expect, it } from '@jest/globals';
import { RawObjectLocator } from '@cephts/encoding';
import { MOSDMap } from '../../src/messages/osd/m-osd-map.js';
import { MOSDOpReply } from '../../src/messages/osd/m-osd-op-reply.js';
import { MWatchNotify } from '../../src/messages/osd/m-watch-notify.js';
import { OSD_OP, OSD_WATCH_OP, WATCH_EVENT } from '../../src/messages/osd/osd-op-codes.js';
import type { MOSDOp } from '../../src/messages/osd/m-osd-op.js';
import { ObjectOperation } from '../../src/objecter/object-operation.js';
import type { Objecter, SubmitOptions } from '../../src/objecter/objecter.js';
import { RequestRedirect } from '../../src/osdmap/osd-types.js';
import { encodeOsdMap } from '../../src/osdmap/osd-map-codec.js';
import { OSDMAP_FLAG } from '../../src/osdmap/osd-flags.js';
import { PgPool, POOL_FLAG } from '../../src/osdmap/pg-pool.js';
import { LOC, POOL, SimCluster } from './sim-cluster.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const append = (value: string): ObjectOperation => new ObjectOperation().append(text(value));

interface Call {
  r: number | undefined;
}

function submit(objecter: Objecter, oid: string, op: ObjectOperation, options?: SubmitOptions): Call {
  const call: Call = { r: undefined };
  objecter.submit(oid, LOC, op, (r) => (call.r = r), options);
  return call;
}

/** The cluster, and a client that knows its map. */
async function start(conf: Record<string, number> = {}): Promise<{ cluster: SimCluster; objecter: Objecter }> {
  const cluster = await SimCluster.start(1);
  const { objecter } = cluster.client(conf);
  cluster.clock.advance(100);
  return { cluster, objecter };
}

describe('an Objecter', () => {
  it('sends an operation to the primary, and completes it with what comes back', async () => {
    const { cluster, objecter } = await start();
    const write = submit(objecter, 'a', append('x'));
    expect(write.r).toBeUndefined();
    cluster.clock.advance(100);
    expect(write.r).toBe(0);
    const op = new ObjectOperation();
    const data = op.read();
    submit(objecter, 'a', op);
    cluster.clock.advance(100);
    expect(Buffer.from(data.value as Uint8Array).toString()).toBe('x');
    expect(objecter.inflight).toBe(0);
  });

  it('gives each step of a failed operation what the OSD says of it, and those after the failure its errno', async () => {
    const { cluster, objecter } = await start();
    const answer = (rvals: number[], result: number): void => {
      for (const osd of cluster.osds)
        osd.script = (m) => {
          const outcomes = rvals.map((rval) => ({ rval, outdata: text(rval < 0 ? '' : 'read') }));
          const reply = Object.assign(new MOSDOpReply(), { tid: m.tid, oid: m.oid, result, retryAttempt: m.retryAttempt });
          m.connection?.sendMessage(Object.assign(reply, { outcomes }));
          return true;
        };
    };
    const ask = (rvals: number[], result: number): [number, string | undefined][] => {
      answer(rvals, result);
      const op = new ObjectOperation();
      const first = op.read();
      const mayFail = op.getXattr('x');
      op.failOk();
      const compared = op.cmpExt(0, text('abc')).result();
      const last = op.getXattr('y');
      expect(op.result()).toBe(last);
      const call = submit(objecter, 'a', op);
      cluster.clock.advance(100);
      expect(call.r).toBe(result);
      const told = (value: unknown): string | undefined => (value ? Buffer.from(value as Uint8Array).toString() : undefined);
      return [first, mayFail, compared, last].map(({ r, value }) => [r, told(value)]);
    };
    expect(ask([0, -61, -4097, 0], -4097)).toEqual([
      [0, 'read'],
      [-61, undefined],
      [-4097, undefined],
      [-4097, undefined],
    ]);
    // the whole fails before its steps
    expect(ask([0, 0, 0, 0], -1).map(([r]) => r)).toEqual([-1, -1, -1, -1]);
    expect(ask([], -2).map(([r]) => r)).toEqual([-2, -2, -2, -2]);
    expect(ask([0, -61, 0, 0], 0)[3]).toEqual([0, 'read']);
  });

  it('leaves nothing of what was read, nor of who was told, to an operation that is done', async () => {
    const { cluster, objecter } = await start();
    let told = 0;
    const tell = (): void => void told++;
    const op = objecter.submit('a', LOC, append('x'), tell);
    expect(op.operation.ops).toHaveLength(1);
    cluster.clock.advance(100);
    expect(told).toBe(1);
    expect(op.done).toBe(true);
    expect(op.operation.ops).toHaveLength(0);
    expect(op.onFinish).not.toBe(tell);
  });

  it('holds operations until it has a map', async () => {
    const cluster = await SimCluster.start(1);
    const { objecter } = cluster.client();
    const call = submit(objecter, 'a', append('x'));
    cluster.clock.advance(200);
    expect(call.r).toBe(0);
  });

  it('sends again when a map moves the object, and it is done once', async () => {
    const { cluster, objecter } = await start();
    const osd = cluster.primaryOf('a');
    osd.frozen = true;
    const call = submit(objecter, 'a', append('x'));
    cluster.clock.advance(100);
    expect(call.r).toBeUndefined();
    cluster.setUp(osd.id, false);
    cluster.clock.advance(3000);
    expect(call.r).toBe(0);
    expect(cluster.objects.get('a')).toEqual(['x']);
    expect(cluster.received.map((m) => m.retryAttempt > 0)).toEqual([false, true]);
  });

  it('sends again, when a pool has more placement groups, only what is in one that splits', async () => {
    const { cluster, objecter } = await start();
    const groups = new Map<number, string>();
    for (let i = 0; groups.size < 8; i++) groups.set(cluster.pgOf(`o${i}`).pgid.seed, `o${i}`);
    for (const osd of cluster.osds) osd.frozen = true;
    for (const oid of groups.values()) submit(objecter, oid, append('x'));
    cluster.clock.advance(100);
    cluster.received.length = 0;
    const resize = (sizes: Partial<PgPool>): void => {
      // pgp_num stays, and with it the OSDs of each
      cluster.change((inc, map) => inc.newPools.set(POOL, Object.assign(new PgPool(), map.pools.get(POOL), { pgpNum: 8 }, sizes)));
      objecter.requestMap();
      cluster.clock.advance(100);
    };
    const again = (): string[] => cluster.received.splice(0).map(({ oid }) => oid);
    resize({ pgNum: 10, pgNumPending: 10 });
    // 0 gives to 8, and 1 to 9
    expect(again().sort()).toEqual([groups.get(0), groups.get(1)].sort());
    resize({ pgNum: 10, pgNumPending: 9 });
    expect(again()).toEqual([groups.get(1)]);
    resize({ pgNum: 9, pgNumPending: 9 });
    expect(again()).toEqual([groups.get(1)]);
  });

  it('sends again over a new connection when the old one breaks', async () => {
    const { cluster, objecter } = await start();
    submit(objecter, 'a', append('x'));
    cluster.clock.advance(100);
    const osd = cluster.primaryOf('a');
    osd.frozen = true;
    const calls = ['1', '2', '3'].map((value) => submit(objecter, 'a', append(value)));
    cluster.clock.advance(100);
    osd.frozen = false;
    osd.restart();
    cluster.clock.advance(3000);
    expect(calls.map(({ r }) => r)).toEqual([0, 0, 0]);
    expect(cluster.objects.get('a')).toEqual(['x', '1', '2', '3']);
  });

  it('sends again all that is under way where epochs were skipped: anything may have moved, and come back', async () => {
    const { cluster, objecter } = await start();
    for (const osd of cluster.osds) osd.frozen = true;
    const handlers = { onNotify: () => undefined, onError: () => undefined };
    submit(objecter, 'a', append('x'));
    objecter.lingers.watch('b', LOC, 30, handlers, () => undefined);
    cluster.clock.advance(100);
    const names = (): string[] =>
      cluster.received
        .splice(0)
        .map(({ oid }) => oid)
        .sort();
    expect(names()).toEqual(['a', 'b']);
    for (let i = 0; i < 3; i++) cluster.change(() => undefined);
    cluster.clock.advance(100);
    const { epoch, fsid } = cluster.map;
    expect(objecter.osdmap.epoch).toBe(epoch - 3);
    const m = Object.assign(new MOSDMap(fsid), { oldestMap: epoch, newestMap: epoch });
    m.maps.set(epoch, encodeOsdMap(cluster.map));
    objecter.msDispatch(m);
    cluster.clock.advance(100);
    expect(objecter.osdmap.epoch).toBe(epoch);
    expect(names()).toEqual(['a', 'b']);
    // and nothing where none is missing
    cluster.change(() => undefined);
    objecter.requestMap();
    cluster.clock.advance(100);
    expect(objecter.osdmap.epoch).toBe(epoch + 1);
    expect(names()).toEqual([]);
  });

  it('waits while no OSD is up, and goes on when one is', async () => {
    const { cluster, objecter } = await start();
    const { id: primary } = cluster.primaryOf('a');
    for (const { id } of cluster.osds) cluster.setUp(id, false);
    cluster.clock.advance(100);
    const call = submit(objecter, 'a', append('x'));
    cluster.clock.advance(60_000);
    expect(call.r).toBeUndefined();
    cluster.setUp(primary, true);
    cluster.clock.advance(20_000);
    expect(call.r).toBe(0);
  });

  it('asks a silent OSD for a sign of life, and learns of a newer map by it', async () => {
    const { cluster, objecter } = await start();
    const osd = cluster.primaryOf('a');
    osd.script = () => true;
    const call = submit(objecter, 'a', append('x'));
    cluster.clock.advance(1000);
    osd.script = undefined;
    // nobody tells of it: not even the connection breaks
    cluster.change((inc) => inc.newWeight.set(osd.id, 0));
    cluster.clock.advance(20_000);
    expect(call.r).toBe(0);
  });

  it('holds writes and reads while the cluster is paused', async () => {
    const { cluster, objecter } = await start();
    cluster.change((inc) => (inc.newFlags = OSDMAP_FLAG.pausewr));
    // clients learn of it with their next map
    objecter.requestMap();
    cluster.clock.advance(100);
    const write = submit(objecter, 'a', append('x'));
    const op = new ObjectOperation();
    op.read();
    const read = submit(objecter, 'a', op);
    cluster.clock.advance(1000);
    expect([write.r, read.r]).toEqual([undefined, 0]);
    cluster.change((inc) => (inc.newFlags = OSDMAP_FLAG.pauserd));
    cluster.clock.advance(1000);
    expect(write.r).toBe(0);
    const paused = new ObjectOperation();
    paused.read();
    const held = submit(objecter, 'a', paused);
    cluster.clock.advance(1000);
    expect(held.r).toBeUndefined();
    cluster.change((inc) => (inc.newFlags = 0));
    cluster.clock.advance(1000);
    expect(held.r).toBe(0);
  });

  it('holds writes to a full cluster and to a full pool, but for those that try all the same', async () => {
    const { cluster, objecter } = await start();
    cluster.change((inc) => (inc.newFlags = OSDMAP_FLAG.full));
    objecter.requestMap();
    cluster.clock.advance(100);
    const held = submit(objecter, 'a', append('1'));
    const tried = submit(objecter, 'b', append('2'), { flags: 0x800000 });
    cluster.clock.advance(1000);
    expect([held.r, tried.r]).toEqual([undefined, 0]);
    cluster.change((inc, map) => {
      inc.newFlags = 0;
      const pool = Object.assign(new PgPool(), map.pools.get(POOL), { flags: 1 | POOL_FLAG.full });
      pool.pgNum = pool.pgpNum = 8;
      inc.newPools.set(POOL, pool);
    });
    cluster.clock.advance(1000);
    expect(held.r).toBeUndefined();
    cluster.change((inc, map) => {
      const pool = Object.assign(new PgPool(), map.pools.get(POOL), { flags: 1 });
      pool.pgNum = pool.pgpNum = 8;
      inc.newPools.set(POOL, pool);
    });
    cluster.clock.advance(100);
    expect(held.r).toBe(0);
  });

  it('goes on where pools are full for whom nothing could be deleted without', async () => {
    const { cluster, objecter } = await start();
    objecter.unsetHonorPoolFull();
    cluster.change((inc) => (inc.newFlags = OSDMAP_FLAG.full));
    objecter.requestMap();
    cluster.clock.advance(100);
    const written = submit(objecter, 'a', append('1'));
    cluster.clock.advance(1000);
    expect(written.r).toBe(0);
  });

  it('follows the maps while a pool is full, whatever else they bring', async () => {
    const { cluster, objecter } = await start();
    const fill = (flag: number): void =>
      cluster.change((inc, map) =>
        inc.newPools.set(POOL, Object.assign(new PgPool(), map.pools.get(POOL), { pgNum: 8, pgpNum: 8, flags: 1 | flag })),
      );
    fill(POOL_FLAG.full);
    objecter.requestMap();
    cluster.clock.advance(100);
    const held = submit(objecter, 'a', append('1'));
    for (let i = 1; i <= 3; i++) {
      cluster.change((inc) => inc.newWeight.set(0, 0x8000 + i));
      cluster.clock.advance(100);
      expect(held.r).toBeUndefined();
    }
    fill(0);
    cluster.clock.advance(100);
    expect(held.r).toBe(0);
  });

  it('backs off when an OSD asks for it, and goes on in order', async () => {
    const { cluster, objecter } = await start();
    const pgid = cluster.pgOf('a');
    cluster.backoffs.add(String(pgid));
    const first = submit(objecter, 'a', append('1'));
    cluster.clock.advance(100);
    const sent = cluster.received.length;
    const more = ['2', '3'].map((value) => submit(objecter, 'a', append(value)));
    cluster.clock.advance(1000);
    expect(cluster.received.length).toBe(sent);
    cluster.backoffs.clear();
    cluster.primaryOf('a').unblock();
    cluster.clock.advance(1000);
    expect([first, ...more].map(({ r }) => r)).toEqual([0, 0, 0]);
    expect(cluster.objects.get('a')).toEqual(['1', '2', '3']);
  });

  it('follows a redirection', async () => {
    const { cluster, objecter } = await start();
    for (const osd of cluster.osds)
      osd.script = (m) => {
        if (m.oid !== 'a') return false;
        const reply = new MOSDOpReply();
        Object.assign(reply, { tid: m.tid, oid: m.oid, result: -2, retryAttempt: m.retryAttempt });
        reply.redirect = Object.assign(new RequestRedirect(), { locator: new RawObjectLocator(POOL), object: 'elsewhere' });
        m.connection?.sendMessage(reply);
        return true;
      };
    const call = submit(objecter, 'a', append('x'));
    cluster.clock.advance(1000);
    expect(call.r).toBe(0);
    expect(cluster.objects.get('elsewhere')).toEqual(['x']);
  });

  it('ignores the answer to an attempt that it gave up', async () => {
    const { cluster, objecter } = await start();
    const osd = cluster.primaryOf('a');
    let held: MOSDOp | undefined;
    osd.script = (m) => ((held = m), true);
    const call = submit(objecter, 'a', append('x'));
    cluster.clock.advance(100);
    const stale = new MOSDOpReply();
    Object.assign(stale, { tid: held?.tid, result: -5, retryAttempt: 7 });
    held?.connection?.sendMessage(stale);
    cluster.clock.advance(100);
    expect(call.r).toBeUndefined();
    osd.script = undefined;
    osd.execute(held as MOSDOp);
    cluster.clock.advance(100);
    expect(call.r).toBe(0);
  });

  it('gives -ENOENT for a pool that does not exist, once the monitors have confirmed it', async () => {
    const { cluster, objecter } = await start();
    const call: Call = { r: undefined };
    objecter.submit('a', new RawObjectLocator(77), append('x'), (r) => (call.r = r));
    await Promise.resolve();
    cluster.clock.advance(100);
    await Promise.resolve();
    expect(call.r).toBe(-2);
  });

  it('gives -ENOENT for what is under way in a pool that is deleted', async () => {
    const { cluster, objecter } = await start();
    for (const osd of cluster.osds) osd.frozen = true;
    const call = submit(objecter, 'a', append('x'));
    cluster.clock.advance(100);
    cluster.change((inc) => (inc.oldPools = [POOL]));
    objecter.requestMap();
    cluster.clock.advance(100);
    expect(call.r).toBe(-2);
  });

  it('gives an operation up after rados_osd_op_timeout', async () => {
    const { cluster, objecter } = await start({ rados_osd_op_timeout: 2 });
    for (const osd of cluster.osds) osd.frozen = true;
    const call = submit(objecter, 'a', append('x'));
    cluster.clock.advance(1900);
    expect(call.r).toBeUndefined();
    cluster.clock.advance(200);
    expect(call.r).toBe(-110);
  });

  it('completes what is cancelled with -ECANCELED, and ignores its answer', async () => {
    const { cluster, objecter } = await start();
    const results: number[] = [];
    const op = objecter.submit('a', LOC, append('x'), (r) => results.push(r));
    expect(objecter.cancel(op)).toBe(true);
    expect(objecter.cancel(op)).toBe(false);
    cluster.clock.advance(1000);
    expect(results).toEqual([-125]);
  });

  it('keeps no more operations under way than objecter_inflight_ops, in order', async () => {
    const { cluster, objecter } = await start({ objecter_inflight_ops: 2 });
    for (const osd of cluster.osds) osd.frozen = true;
    const calls = ['1', '2', '3', '4', '5'].map((value) => submit(objecter, 'a', append(value)));
    cluster.clock.advance(100);
    expect(cluster.received.length).toBe(2);
    for (const osd of cluster.osds) {
      osd.frozen = false;
      osd.restart();
    }
    cluster.clock.advance(5000);
    expect(calls.map(({ r }) => r)).toEqual([0, 0, 0, 0, 0]);
    expect(cluster.objects.get('a')).toEqual(['1', '2', '3', '4', '5']);
  });

  it('settles everything when it is shut down, and what comes later, too', async () => {
    const { cluster, objecter } = await start({ objecter_inflight_ops: 1 });
    for (const osd of cluster.osds) osd.frozen = true;
    const calls = ['1', '2'].map((value) => submit(objecter, 'a', append(value)));
    cluster.clock.advance(100);
    await objecter.shutdown();
    const late = submit(objecter, 'a', append('3'));
    cluster.clock.advance(100);
    expect([...calls, late].map(({ r }) => r)).toEqual([-108, -108, -108]);
    expect(objecter.inflight).toBe(0);
  });
});

describe('OSD commands', () => {
  it('are given up after rados_osd_op_timeout, or when they are cancelled', async () => {
    const { cluster, objecter } = await start({ rados_osd_op_timeout: 2 });
    const told: [number, boolean][] = [];
    const tell = (r: number, _outs: string, _outbl: Uint8Array, givenUp: boolean): unknown => told.push([r, givenUp]);
    objecter.commands.submit(0, ['{}'], new Uint8Array(0), tell);
    const cancelled = objecter.commands.submit(0, ['{}'], new Uint8Array(0), tell);
    objecter.commands.cancel(cancelled);
    cluster.clock.advance(1900);
    expect(told).toEqual([[-125, true]]);
    cluster.clock.advance(200);
    expect(told).toEqual([
      [-125, true],
      [-110, true],
    ]);
    expect(objecter.commands.size).toBe(0);
  });
});

describe('what is asked of an Objecter that was shut down', () => {
  it('completes with -ESHUTDOWN, and not on the stack of who asks', async () => {
    const { cluster, objecter } = await start();
    await objecter.shutdown();
    const told: string[] = [];
    const tell =
      (what: string) =>
      (r: number): unknown =>
        told.push(`${what} ${r}`);
    objecter.pools.statfs(tell('statfs'));
    objecter.pools.poolStats(['data'], tell('stats'));
    objecter.pools.poolOp(1, POOL, {}, tell('poolOp'));
    objecter.commands.submit(0, ['{}'], new Uint8Array(0), tell('command'));
    objecter.waitForMap(objecter.osdmap.epoch, tell('map'));
    objecter.waitForMap(99, tell('later map'));
    objecter.lingers.watch('a', LOC, 30, { onNotify: () => undefined, onError: () => told.push('error') }, tell('watch'));
    objecter.lingers.notify('a', LOC, text('x'), 1000, tell('notify'));
    expect(told).toEqual([]);
    cluster.clock.advance(100);
    const all = ['statfs', 'stats', 'poolOp', 'command', 'map', 'later map', 'watch', 'notify'];
    expect(told).toEqual(all.map((what) => `${what} -108`));
    expect([objecter.lingers.size, objecter.commands.size]).toEqual([0, 0]);
  });
});

describe('a watch', () => {
  const isWatch = (m: MOSDOp, op: number): boolean => m.ops.some(({ code, n3 }) => code === OSD_OP.WATCH && n3 === op);

  it('is made known again where its object goes, with a new generation', async () => {
    const { cluster, objecter } = await start();
    const registered: number[] = [];
    const errors: number[] = [];
    const handlers = { onNotify: () => undefined, onError: (r: number) => errors.push(r) };
    objecter.lingers.watch('a', LOC, 30, handlers, (r) => registered.push(r));
    cluster.clock.advance(100);
    expect(registered).toEqual([0]);
    cluster.setUp(cluster.primaryOf('a').id, false);
    cluster.clock.advance(10_000);
    const again = cluster.received.filter((m) => isWatch(m, OSD_WATCH_OP.RECONNECT));
    expect(again.length).toBeGreaterThan(0);
    expect(again[0]?.ops[0]?.n4).toBeGreaterThan(0);
    expect(errors).toEqual([]);
    expect(cluster.received.some((m) => isWatch(m, OSD_WATCH_OP.PING))).toBe(true);
  });

  it('hears notifications, and of its end', async () => {
    const { cluster, objecter } = await start();
    const heard: string[] = [];
    const errors: number[] = [];
    const onNotify = (_id: number, _gid: number, payload: Uint8Array): unknown => heard.push(Buffer.from(payload).toString());
    const watch = objecter.lingers.watch('a', LOC, 30, { onNotify, onError: (r) => errors.push(r) }, () => undefined);
    cluster.clock.advance(100);
    const con = cluster.received[0]?.connection;
    const tell = (opcode: number): void => {
      con?.sendMessage(Object.assign(new MWatchNotify(), { cookie: watch.cookie, opcode, payload: text('ding') }));
      cluster.clock.advance(100);
    };
    tell(WATCH_EVENT.NOTIFY);
    expect(heard).toEqual(['ding']);
    expect(objecter.lingers.check(watch)).toBeGreaterThan(0);
    tell(WATCH_EVENT.DISCONNECT);
    expect(errors).toEqual([-107]);
    expect(objecter.lingers.check(watch)).toBe(-107);
  });

  it('is kept alive past a throttle that is full, and is not given up by rados_osd_op_timeout', async () => {
    const { cluster, objecter } = await start({ objecter_inflight_ops: 1, rados_osd_op_timeout: 30 });
    const errors: number[] = [];
    const handlers = { onNotify: () => undefined, onError: (r: number) => errors.push(r) };
    objecter.lingers.watch('a', LOC, 30, handlers, () => undefined);
    cluster.clock.advance(100);
    for (const osd of cluster.osds) osd.script = (m) => !m.ops.some(({ code }) => code === OSD_OP.WATCH);
    submit(objecter, 'b', append('x'));
    cluster.clock.advance(20_000);
    expect(cluster.received.some((m) => isWatch(m, OSD_WATCH_OP.PING))).toBe(true);
    // its OSD is stopped for longer than operations wait
    for (const osd of cluster.osds) osd.frozen = true;
    cluster.clock.advance(20_000);
    cluster.primaryOf('a').restart();
    cluster.clock.advance(60_000);
    for (const osd of cluster.osds) osd.frozen = false;
    for (const osd of cluster.osds) osd.restart();
    cluster.clock.advance(20_000);
    expect(errors).toEqual([]);
    expect(cluster.received.some((m) => isWatch(m, OSD_WATCH_OP.RECONNECT))).toBe(true);
  });
});
