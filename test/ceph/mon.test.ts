import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Message, MessageRegistry, Messenger, Policy } from '@cephts/async-messenger';
import type { Connection } from '@cephts/async-messenger';
import { CephContext } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MON, EntityAddrVec, EntityName } from '@cephts/encoding';
import type { Decoder } from '@cephts/encoding';

import { hasCeph, startCeph } from './real-ceph.mjs';
import type { RealCeph } from './real-ceph.mjs';

const CEPH_MSG_MON_MAP = 4;
const CEPH_MSG_MON_GET_MAP = 5;

class MonMapMessage extends Message {
  static readonly TYPE = CEPH_MSG_MON_MAP;
  readonly type = CEPH_MSG_MON_MAP;
  readonly typeName = 'mon_map';
  monmap: Uint8Array = new Uint8Array(0);
  encodePayload(): void {
    // only ever received
  }
  decodePayload(d: Decoder): void {
    this.monmap = d.blob().slice();
  }
}

class GetMonMap extends Message {
  static readonly TYPE = CEPH_MSG_MON_GET_MAP;
  readonly type = CEPH_MSG_MON_GET_MAP;
  readonly typeName = 'mon_getmap';
  encodePayload(): void {
    // it says nothing but its type
  }
  decodePayload(): void {
    // only ever sent
  }
}

const describeWithCeph = hasCeph ? describe : describe.skip;
if (!hasCeph) process.stderr.write('SKIPPED: no Ceph on this machine (ceph-mon, ceph-mgr, ceph-osd, ceph-mds, ceph)\n');

describeWithCeph('a Messenger and a real ceph-mon, crc mode, no authentication', () => {
  let cluster: RealCeph;

  beforeAll(() => {
    cluster = startCeph({ port: 13720, osd: false, mds: false });
  }, 60_000);

  afterAll(() => cluster.stop());

  /** A messenger of a client; `maps` gets what the mon sends, `resets` counts connections that broke. */
  function makeClient(): {
    messenger: Messenger;
    connect: () => Connection;
    nextMap: () => Promise<MonMapMessage>;
    resets: () => number;
  } {
    const cct = new CephContext({ name: 'client.admin' });
    const registry = new MessageRegistry([MonMapMessage, GetMonMap]);
    const messenger = new Messenger(cct, { name: EntityName.client(4321), logicalName: 'client', registry });
    messenger.setDefaultPolicy(Policy.lossyClient());
    messenger.start();
    let resets = 0;
    const arrived: MonMapMessage[] = [];
    let wake: (() => void) | undefined;
    messenger.addDispatcherTail({
      msDispatch(m) {
        arrived.push(m as MonMapMessage);
        wake?.();
        return true;
      },
      msHandleReset() {
        resets++;
        wake?.();
        return true;
      },
    });
    const nextMap = async (): Promise<MonMapMessage> => {
      while (arrived.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return arrived.shift() as MonMapMessage;
    };
    const addrs = EntityAddrVec.parse(cluster.monAddr) as EntityAddrVec;
    return { messenger, connect: () => messenger.connectTo(CEPH_ENTITY_TYPE_MON, addrs), nextMap, resets: () => resets };
  }

  /** The cluster's id as bytes, in hex. */
  const fsid = (): string => cluster.fsid.replaceAll('-', '');

  it('gets the MonMap, which names the cluster', async () => {
    const { messenger, connect, nextMap } = makeClient();
    connect().sendMessage(new GetMonMap());
    const { monmap, src } = await nextMap();
    expect(String(src)).toBe('mon.0');
    expect(Buffer.from(monmap).toString('hex')).toContain(fsid());
    await messenger.shutdown();
  }, 30_000);

  it('tells of the reset when the mon dies, and connects again when it is back', async () => {
    const { messenger, connect, nextMap, resets } = makeClient();
    connect().sendMessage(new GetMonMap());
    await nextMap();
    cluster.signal('mon.a', 'SIGKILL');
    while (resets() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    cluster.startMon();
    connect().sendMessage(new GetMonMap());
    expect(Buffer.from((await nextMap()).monmap).toString('hex')).toContain(fsid());
    await messenger.shutdown();
  }, 60_000);
});
