import { describe, expect, it } from '@jest/globals';
import { CephContext, functionLog } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityAddrVec, EntityName } from '@cephts/encoding';
import { Messenger, Policy } from '../src/index.js';
import type { Message } from '../src/index.js';
import { MNote, MReply, noteRegistry } from './kit/messages.js';

describe('Messenger', () => {
  it('delivers over TCP', async () => {
    const lines: string[] = [];
    const cct = new CephContext({ log: functionLog((_s, _l, m) => lines.push(m), 5) });
    const registry = noteRegistry();
    const server = new Messenger(cct, { name: EntityName.mds(0), logicalName: 'mds', registry, stack: 'posix' });
    server.setDefaultPolicy(Policy.statefulServer());
    const addrs = await server.bindv(EntityAddrVec.parse('v2:127.0.0.1:0/0')!);
    server.start();
    server.addDispatcherTail({
      msDispatch(m: Message) {
        const r = new MReply();
        r.value = (m as MNote).value;
        r.data = m.data;
        m.connection!.sendMessage(r);
        return true;
      },
    });
    const client = new Messenger(cct, { name: EntityName.client(4100), logicalName: 'client', registry, stack: 'posix' });
    client.setDefaultPolicy(Policy.losslessClient());
    client.start();
    const got: number[] = [];
    const all = new Promise<void>((resolve) =>
      client.addDispatcherTail({
        msDispatch(m: Message) {
          got.push((m as MNote).value + m.data.length);
          if (got.length === 100) resolve();
          return true;
        },
      }),
    );
    const con = client.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
    for (let i = 0; i < 100; i++) con.sendMessage(MNote.of(i, i === 7 ? new Uint8Array(3_000_000).fill(7) : undefined));
    await all;
    expect(got.slice(0, 9)).toEqual([0, 1, 2, 3, 4, 5, 6, 3000007, 8]);
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
});
