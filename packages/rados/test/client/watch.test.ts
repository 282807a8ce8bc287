import { describe, expect, it } from '@jest/globals';
import type { Watch } from '../../src/client/watch.js';
import { MOSDOpReply } from '../../src/messages/osd/m-osd-op-reply.js';
import type { MOSDOp } from '../../src/messages/osd/m-osd-op.js';
import { MWatchNotify } from '../../src/messages/osd/m-watch-notify.js';
import { OSD_OP, OSD_WATCH_OP, WATCH_EVENT } from '../../src/messages/osd/osd-op-codes.js';
import { POOL } from '../objecter/sim-cluster.js';
import type { SimCluster } from '../objecter/sim-cluster.js';
import { outcome, settle, startPool } from './sim-pool.js';

/** The OSDs answer every operation with an error. */
function refuse(cluster: SimCluster, result: number): void {
  for (const osd of cluster.osds)
    osd.script = (m) => {
      const { tid, oid, retryAttempt } = m;
      m.connection?.sendMessage(Object.assign(new MOSDOpReply(), { tid, oid, result, retryAttempt }));
      return true;
    };
}

const watchOps = (received: readonly MOSDOp[]): number[] =>
  received.flatMap(({ ops }) => ops.filter(({ code }) => code === OSD_OP.WATCH).map(({ n3 }) => n3));

describe('a notification', () => {
  it('of a missing object settles with ERR_CEPH_ENOENT, and nothing of it stays', async () => {
    const { cluster, objecter, io } = await startPool();
    refuse(cluster, -2);
    const call = outcome(io.notify('missing'));
    await settle(cluster);
    expect(call.what).toBe('ERR_CEPH_ENOENT');
    expect([objecter.lingers.size, objecter.inflight]).toEqual([0, 0]);
  });

  it('is over when the OSD says that all have acknowledged', async () => {
    const { cluster, objecter, io } = await startPool();
    const call = outcome(io.notify('a'));
    await settle(cluster);
    expect(call.what).toBeUndefined();
    const [{ ops, connection }] = cluster.received as [MOSDOp];
    const over = { cookie: ops[0]?.n1 as number, opcode: WATCH_EVENT.NOTIFY_COMPLETE };
    connection?.sendMessage(Object.assign(new MWatchNotify(), over));
    await settle(cluster);
    expect(call.what).toBe('done');
    expect(objecter.lingers.size).toBe(0);
  });

  it('that no OSD answers in time rejects with ERR_CEPH_ETIMEDOUT: nobody was told', async () => {
    const { cluster, objecter, io } = await startPool({ rados_osd_op_timeout: 2 });
    for (const osd of cluster.osds) osd.frozen = true;
    const call = outcome(io.notify('a'));
    await settle(cluster, 3000);
    expect(call.what).toBe('ERR_CEPH_ETIMEDOUT');
    expect(objecter.lingers.size).toBe(0);
  });

  it('that some do not acknowledge in time resolves', async () => {
    const { cluster, io } = await startPool();
    const call = outcome(io.notify('a'));
    await settle(cluster);
    const [{ ops, connection }] = cluster.received as [MOSDOp];
    const over = { cookie: ops[0]?.n1 as number, opcode: WATCH_EVENT.NOTIFY_COMPLETE, returnCode: -110 };
    connection?.sendMessage(Object.assign(new MWatchNotify(), over));
    await settle(cluster);
    expect(call.what).toBe('done');
  });

  it('that waits for watchers ends with ERR_CEPH_ENOENT when its pool is deleted', async () => {
    const { cluster, objecter, io } = await startPool();
    const call = outcome(io.notify('a'));
    await settle(cluster);
    cluster.change((inc) => (inc.oldPools = [POOL]));
    objecter.requestMap();
    await settle(cluster);
    expect(call.what).toBe('ERR_CEPH_ENOENT');
    expect(objecter.lingers.size).toBe(0);
  });

  it('is given up by its signal', async () => {
    const { cluster, objecter, io } = await startPool();
    const controller = new AbortController();
    const call = outcome(io.notify('a', undefined, { signal: controller.signal }));
    await settle(cluster);
    controller.abort();
    await settle(cluster);
    expect(call.what).toBe('ERR_CEPH_ABORTED');
    expect(objecter.lingers.size).toBe(0);
  });
});

describe('a watch', () => {
  it('ends with the session: its iteration throws ERR_CEPH_ESHUTDOWN, and there is nothing left to close', async () => {
    const { cluster, objecter, io } = await startPool();
    const opening = io.watch('a');
    await settle(cluster);
    const watch = await opening;
    const iteration = outcome(watch[Symbol.asyncIterator]().next());
    const registering = outcome(io.watch('b'));
    await objecter.shutdown();
    await settle(cluster);
    expect([iteration.what, registering.what]).toEqual(['ERR_CEPH_ESHUTDOWN', 'ERR_CEPH_ESHUTDOWN']);
    const close = outcome(watch.close());
    await settle(cluster);
    expect(close.what).toBe('done');
    expect([objecter.lingers.size, objecter.inflight]).toEqual([0, 0]);
  });

  it('ends when its loop is left', async () => {
    const { cluster, objecter, io } = await startPool();
    const loop = outcome(
      (async () => {
        for await (const { payload } of await io.watch('a')) if (payload.length > 0) break;
      })(),
    );
    await settle(cluster);
    const [{ ops, connection }] = cluster.received as [MOSDOp];
    const heard = { cookie: ops[0]?.n1 as number, opcode: WATCH_EVENT.NOTIFY, payload: new Uint8Array(1) };
    connection?.sendMessage(Object.assign(new MWatchNotify(), heard));
    await settle(cluster);
    await settle(cluster);
    expect(loop.what).toBe('done');
    expect(watchOps(cluster.received)).toEqual([OSD_WATCH_OP.WATCH, OSD_WATCH_OP.UNWATCH]);
    expect([objecter.lingers.size, objecter.inflight]).toEqual([0, 0]);
  });

  it('ends all of its iterations', async () => {
    const { cluster, io } = await startPool();
    const opening = io.watch('a');
    await settle(cluster);
    const watch = await opening;
    const iterations = [1, 2].map(() => outcome(watch[Symbol.asyncIterator]().next()));
    await settle(cluster);
    const close = outcome(watch.close());
    await settle(cluster);
    expect([close, ...iterations].map(({ what }) => what)).toEqual(['done', 'done', 'done']);
  });

  it('of a missing object rejects with ERR_CEPH_ENOENT', async () => {
    const { cluster, objecter, io } = await startPool();
    refuse(cluster, -2);
    const call = outcome(io.watch('missing'));
    await settle(cluster);
    expect(call.what).toBe('ERR_CEPH_ENOENT');
    expect(objecter.lingers.size).toBe(0);
  });

  it('is given up by its signal while no OSD knows of it, and is taken back there', async () => {
    const { cluster, objecter, io } = await startPool();
    const controller = new AbortController();
    for (const osd of cluster.osds) osd.script = () => true;
    const call = outcome(io.watch('a', { signal: controller.signal }));
    await settle(cluster);
    for (const osd of cluster.osds) osd.script = undefined;
    controller.abort();
    await settle(cluster);
    expect(call.what).toBe('ERR_CEPH_ABORTED');
    expect(watchOps(cluster.received)).toEqual([OSD_WATCH_OP.WATCH, OSD_WATCH_OP.UNWATCH]);
    expect([objecter.lingers.size, objecter.inflight]).toEqual([0, 0]);
  });

  it('and its iteration end by its signal; closed, it does not listen to it any more', async () => {
    const { cluster, io } = await startPool();
    const controller = new AbortController();
    const opening = Promise.all([io.watch('a', { signal: controller.signal }), io.watch('b', { signal: controller.signal })]);
    await settle(cluster);
    const [aborted, closed] = (await opening) as [Watch, Watch];
    const iteration = outcome(aborted[Symbol.asyncIterator]().next());
    const close = outcome(closed.close());
    await settle(cluster);
    expect(close.what).toBe('done');
    controller.abort();
    await settle(cluster);
    expect(iteration.what).toBe('done');
    expect(watchOps(cluster.received).filter((op) => op === OSD_WATCH_OP.UNWATCH)).toHaveLength(2);
  });
});
