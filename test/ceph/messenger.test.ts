import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { CephContext, functionLog } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MON, EntityAddrVec, EntityName } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { Message, MessageRegistry, Messenger, Policy } from '@cephts/async-messenger';
import type { Connection } from '@cephts/async-messenger';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

class MMonGetMap extends Message {
  static readonly TYPE = 5;
  readonly type = 5;
  readonly typeName = 'mon_getmap';
  encodePayload(): void {
    // nothing to say
  }
  decodePayload(): void {
    // nothing said
  }
}

class MMonMap extends Message {
  static readonly TYPE = 4;
  readonly type = 4;
  readonly typeName = 'mon_map';
  monmap: Uint8Array = new Uint8Array(0);
  encodePayload(e: Encoder): void {
    e.blob(this.monmap);
  }
  decodePayload(d: Decoder): void {
    this.monmap = d.blob();
  }
}

const registry = new MessageRegistry([MMonGetMap, MMonMap]);

describeWithCeph.each(['posix', 'workers'] as const)('a messenger on %s, with ceph-mon 16.2.15', (stack) => {
  let cluster: RealCluster;
  const lines: string[] = [];
  let messenger: Messenger;
  let onMap: (m: MMonMap) => void;
  let events: string[];

  beforeAll(async () => {
    cluster = await RealCluster.start({ port: 13_500, auth: 'none' });
  }, 60_000);
  afterAll(() => cluster?.stop());

  function start(): Connection {
    const cct = new CephContext({
      log: functionLog((_subsys, _level, line) => lines.push(line)),
      conf: { ms_async_op_threads: 1, ms_connection_ready_timeout: 3 },
    });
    events = [];
    messenger = new Messenger(cct, { name: EntityName.client(4242), logicalName: 'client', registry, stack });
    messenger.setDefaultPolicy(Policy.lossyClient());
    messenger.start();
    messenger.addDispatcherTail({
      msDispatch(m: Message): boolean {
        if (m instanceof MMonMap) onMap(m);
        return true;
      },
      msHandleConnect: () => void events.push('connect'),
      msHandleReset: () => {
        events.push('reset');
        return true;
      },
    });
    return connect();
  }

  function connect(): Connection {
    return messenger.connectTo(CEPH_ENTITY_TYPE_MON, EntityAddrVec.parse(cluster.monAddrs) as EntityAddrVec);
  }

  function getMap(con: Connection): Promise<MMonMap> {
    return new Promise((resolve) => {
      onMap = resolve;
      con.sendMessage(new MMonGetMap());
    });
  }

  afterEach(() => messenger[Symbol.asyncDispose]());

  it('gets the MonMap', async () => {
    const con = start();
    const { monmap } = await getMap(con);
    expect(Buffer.from(monmap).includes(Buffer.from(cluster.fsid.replaceAll('-', ''), 'hex'))).toBe(true);
    expect(con.policy.lossy).toBe(true);
    expect(con.peerName.type).toBe(CEPH_ENTITY_TYPE_MON);
    expect(con.peerAddrs.length).toBe(2);
  }, 20_000);

  it('is told of the reset when the monitor restarts, and connects anew', async () => {
    await getMap(start());
    const reset = new Promise<void>((resolve) => {
      messenger.addDispatcherHead({ msDispatch: () => false, msHandleReset: () => (resolve(), false) });
    });
    await cluster.end('mon.a');
    await reset;
    await cluster.startMon('a');
    expect((await getMap(connect())).monmap.length).toBeGreaterThan(0);
  }, 60_000);

  it('goes on after the monitor stood still', async () => {
    const con = start();
    await getMap(con);
    cluster.signal('mon.a', 'SIGSTOP');
    const map = getMap(con);
    await new Promise((resolve) => setTimeout(resolve, stack === 'posix' ? 30_000 : 3000));
    cluster.signal('mon.a', 'SIGCONT');
    expect((await map).monmap.length).toBeGreaterThan(0);
    expect(events).not.toContain('reset');
    con.sendKeepalive();
    await getMap(con);
    await getMap(con);
    expect(con.lastKeepaliveAck).toBeGreaterThan(0);
  }, 60_000);
});
