import { describe, expect, it } from '@jest/globals';
import { GatherBuilder } from '@cephts/common';
import { Decoder, Encoder, EntityInst, EntityName, IntervalSet } from '@cephts/encoding';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import { SESSION_CLOSING, SESSION_KILLING, SESSION_OPEN, SESSION_OPENING, SESSION_STALE } from '../../src/tables/session.js';
import type { Session } from '../../src/tables/session.js';
import type { SessionMap } from '../../src/tables/session-map.js';
import { ClientMetadata } from '../../src/types/client-metadata.js';
import { fakeRank } from '../journal/fake-rank.js';
import type { FakeRank } from '../journal/fake-rank.js';
import { makeKit, result } from '../journal/journal-kit.js';

const inst = (client: number): EntityInst => new EntityInst(new EntityName(8, client));

function setup(latencyMs = 0): FakeRank & { store: MemoryObjectStore; kit: ReturnType<typeof makeKit> } {
  const kit = makeKit();
  const store = new MemoryObjectStore({ clock: kit.clock, latencyMs });
  return Object.assign(fakeRank(kit, store), { store, kit });
}

function openSession(map: SessionMap, client: number): Session {
  const session = map.getOrAddSession(inst(client));
  map.setState(session, SESSION_OPEN);
  map.markProjected(session);
  map.markDirty(session);
  return session;
}

function keys(store: MemoryObjectStore): string[] {
  const op = new ObjectOperation();
  const page = op.omapGetVals();
  store.apply('mds0_sessionmap', { pool: 2 }, op);
  return [...(page.value?.vals.keys() ?? [])];
}

describe('SessionMap', () => {
  it('writes a header and a key for each open session, and reads them back', () => {
    const { sessionmap, store, kit, mds } = setup();
    const session = openSession(sessionmap, 4305);
    session.addCompletedRequest(7, 0x10000000001);
    session.addCompletedRequest(8, 0);
    session.addCompletedFlush(3);
    session.info.preallocInos.insert(0x10000000002, 10);
    session.setClientMetadata(
      new ClientMetadata(
        new Map([
          ['hostname', 'vm'],
          ['entity_id', 'fs'],
        ]),
      ),
    );
    openSession(sessionmap, 17);
    expect(result(kit, (done) => sessionmap.save(done))).toBe(0);
    expect(sessionmap.committed).toBe(2);
    const op = new ObjectOperation();
    const header = op.omapGetHeader();
    store.apply('mds0_sessionmap', { pool: 2 }, op);
    expect(Buffer.from(header.value as Uint8Array).toString('hex')).toBe('0101080000000200000000000000');
    expect(keys(store)).toEqual(['client.17', 'client.4305']);
    const again = fakeRank(kit, store).sessionmap;
    kit.cct.conf.set('mds_sessionmap_keys_per_op', 1);
    expect(result(kit, (done) => again.load(done))).toBe(0);
    expect([again.version, again.size]).toEqual([2, 2]);
    const loaded = again.getSession('client.4305') as Session;
    expect(loaded.isOpen()).toBe(true);
    expect(loaded.haveCompletedRequest(7)).toBe(0x10000000001);
    expect(loaded.haveCompletedRequest(9)).toBeUndefined();
    expect(loaded.haveCompletedFlush(3)).toBe(true);
    expect(loaded.humanName).toBe('vm:fs');
    // what was put aside is free to be used again
    expect([...loaded.freePreallocInos]).toEqual([[0x10000000002, 10]]);
    void mds;
  });

  it('writes only what changed, and removes what is gone', () => {
    const { sessionmap, store, kit } = setup();
    const first = openSession(sessionmap, 1);
    openSession(sessionmap, 2);
    result(kit, (done) => sessionmap.save(done));
    sessionmap.markProjected(first);
    sessionmap.setState(first, SESSION_CLOSING);
    sessionmap.markDirty(first);
    sessionmap.removeSession(first);
    const opening = sessionmap.getOrAddSession(inst(3));
    sessionmap.setState(opening, SESSION_OPENING);
    sessionmap.markProjected(opening);
    sessionmap.markDirty(opening);
    result(kit, (done) => sessionmap.save(done));
    // one that is only being opened is nothing that a restart should find
    expect(keys(store)).toEqual(['client.2']);
  });

  it('joins who waits for a version that is on its way', () => {
    const { sessionmap, store, kit } = setup(5);
    openSession(sessionmap, 1);
    const done: string[] = [];
    sessionmap.save(() => done.push('a'));
    sessionmap.save(() => done.push('b'), 1);
    expect(store.inFlight().length).toBe(1);
    kit.clock.advance(10);
    expect(done).toEqual(['a', 'b']);
  });

  it('insists that versions become current in the order they were projected', () => {
    const { sessionmap } = setup();
    const one = sessionmap.getOrAddSession(inst(1));
    const two = sessionmap.getOrAddSession(inst(2));
    sessionmap.markProjected(one);
    sessionmap.markProjected(two);
    expect(() => sessionmap.markDirty(two)).toThrow(RangeError);
  });

  it('lists sessions by state, those silent for longest first', () => {
    const { sessionmap } = setup();
    const [a, b, c] = [1, 2, 3].map((client) => openSession(sessionmap, client)) as [Session, Session, Session];
    sessionmap.touchSession(a);
    expect(sessionmap.sessionsInState(SESSION_OPEN)).toEqual([b, c, a]);
    const seq = b.stateSeq;
    expect(sessionmap.setState(b, SESSION_STALE)).toBe(seq + 1);
    expect(sessionmap.setState(b, SESSION_STALE)).toBe(seq + 1);
    expect(sessionmap.sessionsInState(SESSION_STALE)).toEqual([b]);
    expect(b.stateName).toBe('stale');
    sessionmap.setState(c, SESSION_KILLING);
    sessionmap.removeSession(c);
    expect(sessionmap.clientSessions()).toEqual([a, b]);
    expect(sessionmap.getSessionByClient(3)).toBeUndefined();
  });

  it('stores the completed requests of sessions that an expiring segment touched', () => {
    const { sessionmap, store, kit } = setup();
    const one = openSession(sessionmap, 1);
    const two = openSession(sessionmap, 2);
    result(kit, (done) => sessionmap.save(done));
    one.addCompletedRequest(5, 0);
    two.addCompletedRequest(6, 0);
    // session 2 is dirty for another reason too: then everything dirty is written, under the header's version
    sessionmap.markProjected(two);
    sessionmap.markDirty(two);
    let saved = 1;
    const gather = new GatherBuilder((r: number) => (saved = r));
    sessionmap.saveIfDirty(new Set(['client.1', 'client.2', 'client.99']), gather);
    expect(gather.numSubsCreated).toBe(2);
    gather.activate();
    kit.run();
    expect(saved).toBe(0);
    const again = fakeRank(kit, store).sessionmap;
    result(kit, (done) => again.load(done));
    expect(again.version).toBe(3);
    expect(again.getSession('client.1')?.haveCompletedRequest(5)).toBe(0);
    expect(again.getSession('client.2')?.haveCompletedRequest(6)).toBe(0);
    const none = new GatherBuilder(() => undefined);
    sessionmap.saveIfDirty(new Set(['client.1', 'client.2']), none);
    expect(none.hasSubs()).toBe(false);
  });

  it('replays sessions that were opened together, some of which were saved before the crash', () => {
    const { sessionmap } = setup();
    const clients = new Map([1, 2, 3].map((client) => [client, inst(client)] as const));
    sessionmap.replayOpenSessions(3, clients, new Map());
    expect([sessionmap.version, sessionmap.projected]).toEqual([3, 3]);
    expect(sessionmap.sessionsInState(SESSION_OPEN).length).toBe(3);
    const other = setup().sessionmap;
    const saved = other.getOrAddSession(inst(1));
    other.setState(saved, SESSION_OPEN);
    other.setVersion(1);
    other.replayOpenSessions(3, clients, new Map());
    expect(other.version).toBe(3);
    expect(other.sessionsInState(SESSION_OPEN).length).toBe(3);
  });

  it('answers -EINVAL where what is stored makes no sense', () => {
    const { sessionmap, store, kit } = setup();
    store.apply('mds0_sessionmap', { pool: 2 }, new ObjectOperation().omapSetHeader(Uint8Array.of(1, 1)));
    expect(result(kit, (done) => sessionmap.load(done))).toBe(-22);
  });

  const folder = fileURLToPath(new URL('../../../../../shared/ceph-objects/', import.meta.url));
  if (existsSync(`${folder}smv`)) {
    it('reads a real header and session', () => {
      const { sessionmap } = setup();
      const header = readFileSync(`${folder}smh`);
      sessionmap.decodeHeader(new Decoder(header));
      expect(sessionmap.version).toBe(12);
      const e = new Encoder();
      sessionmap.encodeHeader(e);
      expect(Buffer.compare(e.view(), header)).toBe(0);
      sessionmap.decodeValues(new Map([['client.4627', readFileSync(`${folder}smv`)]]));
      const session = sessionmap.clientSessions()[0] as Session;
      expect([session.humanName, session.isOpen(), session.getClient()]).toEqual(['vm', true, session.info.inst.name.num]);
      expect([...session.freePreallocInos]).toEqual([...session.info.preallocInos]);
      expect(session.numPreallocInos).toBeGreaterThan(0);
    });
  }
});

describe('Session', () => {
  it('hands out the numbers put aside for it', () => {
    const { sessionmap } = setup();
    const session = openSession(sessionmap, 1);
    expect(session.takeIno()).toBe(0);
    session.freePreallocInos.insert(100, 10);
    expect(session.takeIno()).toBe(100);
    expect(session.takeIno(105)).toBe(105);
    expect(session.takeIno(105)).toBe(0);
    const delegated = new IntervalSet();
    session.delegateInos(5, delegated);
    expect([...delegated]).toEqual([
      [101, 4],
      [106, 1],
    ]);
    session.delegateInos(5, delegated);
    expect(delegated.size).toBe(5);
    expect(session.numPreallocInos).toBe(3);
    expect(session.takeIno(102)).toBe(102);
  });

  it('forgets completed requests the client will not ask for again', () => {
    const { sessionmap } = setup();
    const session = openSession(sessionmap, 1);
    for (let tid = 1; tid <= 5; tid++) session.addCompletedRequest(tid, 0);
    session.clearDirtyCompletedRequests();
    expect(session.trimCompletedRequests(1)).toBe(false);
    expect(session.hasDirtyCompletedRequests()).toBe(false);
    expect(session.trimCompletedRequests(4)).toBe(true);
    expect(session.numCompletedRequests).toBe(2);
    expect(session.hasDirtyCompletedRequests()).toBe(true);
  });

  it('completes who waits for the client to have seen what was pushed', () => {
    const { sessionmap } = setup();
    const session = openSession(sessionmap, 1);
    const seen: number[] = [];
    session.incPushSeq();
    session.waitForFlush(() => seen.push(1));
    session.incPushSeq();
    session.waitForFlush(() => seen.push(2));
    session.finishFlush(1);
    expect(seen).toEqual([1]);
    session.finishFlush(2);
    expect(seen).toEqual([1, 2]);
    expect(session.isAnyFlushWaiter()).toBe(false);
  });
});
