import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import { DecodeError, DirFrag, Encoder, EntityInst, EntityName, IntervalSet, UTime } from '@cephts/encoding';
import { decodeEvent } from '../../src/journal/decode-event.js';
import { ECommitted } from '../../src/journal/events/e-committed.js';
import { EExport } from '../../src/journal/events/e-export.js';
import { EFragment, FRAGMENT_OP_PREPARE } from '../../src/journal/events/e-fragment.js';
import { EImportFinish } from '../../src/journal/events/e-import-finish.js';
import { EImportStart } from '../../src/journal/events/e-import-start.js';
import type { EMetaBlob } from '../../src/journal/events/e-meta-blob.js';
import { ENoOp } from '../../src/journal/events/e-no-op.js';
import { EOpen } from '../../src/journal/events/e-open.js';
import { EPeerUpdate, PEERUPDATE_OP_PREPARE } from '../../src/journal/events/e-peer-update.js';
import { EPurged } from '../../src/journal/events/e-purged.js';
import { EResetJournal } from '../../src/journal/events/e-reset-journal.js';
import { ESession } from '../../src/journal/events/e-session.js';
import { ESessions } from '../../src/journal/events/e-sessions.js';
import { ESubtreeMap } from '../../src/journal/events/e-subtree-map.js';
import { ETableClient } from '../../src/journal/events/e-table-client.js';
import { ETableServer } from '../../src/journal/events/e-table-server.js';
import { EUpdate } from '../../src/journal/events/e-update.js';
import { FullBit, FULLBIT_DIRTY, NullBit, RemoteBit } from '../../src/journal/events/meta-bits.js';
import type { LogEvent } from '../../src/journal/log-event.js';
import { LogSegment } from '../../src/journal/log-segment.js';
import { Fnode } from '../../src/types/fnode.js';
import { MetaReqId } from '../../src/types/meta-req-id.js';
import { OldInode } from '../../src/types/old-inode.js';

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

function bit(name: string, ino: number, mode: number): FullBit {
  const full = new FullBit();
  full.dn = name;
  full.dnFirst = 2n;
  full.dnVersion = ino + 1;
  full.inode.ino = ino;
  full.inode.mode = mode;
  full.state = FULLBIT_DIRTY;
  full.xattrs = new Map([
    ['user.b', Uint8Array.of(1, 2)],
    ['user.a', Uint8Array.of(3)],
  ]);
  if (mode === S_IFLNK) full.symlink = 'the/target';
  if (mode === S_IFDIR) full.snapBlob = Uint8Array.of(9, 9);
  return full;
}

/** A blob with something in every field. */
function fill(blob: EMetaBlob): void {
  // out of the order that the encoding sorts by; enough of them for the index
  for (let i = 12; i > 0; i--) {
    const lump = blob.addDir(new DirFrag(1 + (i % 4), i % 2 === 0 ? 0 : 0x1000000 + i), new Fnode(), true, i % 2 === 0);
    lump.full.push(bit(`file${i}`, 0x10000000000 + i, S_IFREG));
  }
  const lump = blob.addDir(new DirFrag(0x100, 0), new Fnode(), true, true, true);
  lump.full.push(bit('dir', 7, S_IFDIR), bit('link', 8, S_IFLNK));
  const remote = new RemoteBit();
  remote.dn = 'remote';
  remote.ino = 0x10000000007;
  remote.dType = 8;
  remote.dirty = true;
  lump.remote.push(remote);
  const nothing = new NullBit();
  nothing.dn = 'gone';
  lump.nulls.push(nothing);
  const old = bit('old', 9, S_IFREG);
  old.oldInodes = new Map([
    [5n, new OldInode()],
    [3n, new OldInode()],
  ]);
  lump.full.push(old);
  blob.addRootBit(bit('', 1, S_IFDIR));
  blob.addClientReq(new MetaReqId(new EntityName(8, 4305), 12), 7);
  blob.addClientFlush(new MetaReqId(new EntityName(8, 4305), 13), 8);
  blob.addTableTransaction(1, 5);
  blob.addOpenedIno(7);
  blob.setInoAlloc(0, 0x10000000001, IntervalSet.of([0x10000000100, 10]), new EntityName(8, 4305), 3, 4);
  blob.addTruncateStart(7);
  blob.addTruncateFinish(9, 77);
  blob.addTruncateFinish(8, 78);
  blob.addDestroyedInode(11);
  blob.renamedDirino = 7;
  blob.renamedDirFrags = [0, 0x1800000];
}

function everyEvent(): LogEvent[] {
  const update = new EUpdate('openc');
  fill(update.metablob);
  update.reqid = new MetaReqId(new EntityName(8, 1), 2);
  update.clientMap = Uint8Array.of(0, 0, 0, 0);
  update.hadPeers = true;
  const open = new EOpen();
  open.addIno(5);
  open.addSnapIno(6, 3n);
  const map = new ESubtreeMap();
  fill(map.metablob);
  map.subtrees.push({ root: new DirFrag(0x100), bounds: [] }, { root: new DirFrag(1), bounds: [new DirFrag(7), new DirFrag(5)] });
  map.ambiguousSubtrees.push(new DirFrag(9), new DirFrag(3));
  map.expirePos = 4194304;
  map.eventSeq = 17;
  const inst = new EntityInst(new EntityName(8, 4305));
  const session = new ESession({ clientInst: inst, open: true, cmapv: 5, inosToFree: IntervalSet.of([1, 2]), inotablev: 3 });
  const sessions = new ESessions(9);
  sessions.clientMap.set(4305, inst).set(17, inst);
  const exported = new EExport(new DirFrag(7), 1);
  exported.bounds.push(new DirFrag(9), new DirFrag(8));
  const importing = new EImportStart(new DirFrag(7), [new DirFrag(9)], 2);
  importing.clientMap = Uint8Array.of(1);
  const fragment = new EFragment(FRAGMENT_OP_PREPARE, new DirFrag(7), 3);
  fragment.origFrags = [0];
  fragment.rollback = Uint8Array.of(4);
  const peer = new EPeerUpdate('peer_rename_prep', new MetaReqId(new EntityName(8, 1), 3), 1, PEERUPDATE_OP_PREPARE, 2);
  peer.rollback = Uint8Array.of(1, 2);
  const server = new ETableServer();
  Object.assign(server, { table: 1, op: 3, reqid: 4, bymds: 0, mutation: Uint8Array.of(5), tid: 6, version: 7 });
  const purged = new EPurged(IntervalSet.of([100, 5]), 3, 8);
  const events: LogEvent[] = [update, open, map, session, sessions, exported, importing, fragment, peer, server, purged];
  events.push(
    new EImportFinish(new DirFrag(7), true),
    new ECommitted(new MetaReqId(new EntityName(8, 1), 3)),
    new ETableClient(1, -6, 5),
    new EResetJournal(),
    new ENoOp(33),
  );
  for (const event of events) event.stamp = new UTime(1_700_000_000, 5);
  return events;
}

function encoded(event: LogEvent): Uint8Array {
  const e = new Encoder();
  event.encodeWithHeader(e);
  return e.toBytes();
}

/** Also what is decoded only when asked for. */
function decodeAll(bytes: Uint8Array): LogEvent {
  const event = decodeEvent(bytes);
  for (const lump of event.metablob?.lumps ?? []) void [lump.full, lump.remote, lump.nulls];
  return event;
}

describe('journal events', () => {
  it.each(everyEvent().map((event) => [event.typeName, event] as const))(
    '%s comes back as it went, bytes and all',
    (_name, event) => {
      const bytes = encoded(event);
      // payload: 0, then ENC(1,1) with type and event
      expect([...bytes.subarray(0, 6)]).toEqual([0, 0, 0, 0, 1, 1]);
      const lazy = decodeEvent(bytes);
      expect(lazy.constructor).toBe(event.constructor);
      expect(lazy.type).toBe(event.type);
      expect(Buffer.compare(encoded(lazy), bytes)).toBe(0);
      const whole = decodeAll(bytes);
      expect(Buffer.compare(encoded(whole), bytes)).toBe(0);
      expect(whole.toString()).toBe(event.toString());
    },
  );

  it('keep the order of the lumps, which is the order they are replayed in', () => {
    const update = new EUpdate('x');
    fill(update.metablob);
    const again = decodeAll(encoded(update)) as EUpdate;
    expect(again.metablob.lumpOrder.map(String)).toEqual(update.metablob.lumpOrder.map(String));
    expect(again.metablob.lumps.map((lump) => lump.full.map((full) => full.dn))).toEqual(
      update.metablob.lumps.map((lump) => lump.full.map((full) => full.dn)),
    );
    for (const dirfrag of update.metablob.lumpOrder) expect(again.metablob.getLump(dirfrag)).toBeDefined();
    expect(again.metablob.getLump(new DirFrag(0x999))).toBeUndefined();
  });

  it('do not decode dentries nobody asks for, and know of null dentries all the same', () => {
    const update = new EUpdate('x');
    fill(update.metablob);
    const again = decodeEvent(encoded(update)) as EUpdate;
    expect(again.metablob.lumps.reduce((sum, lump) => sum + lump.numNull, 0)).toBe(1);
  });

  it('tell their segment what must be saved before it can go', () => {
    const segment = new LogSegment(1);
    for (const event of everyEvent()) event.updateSegment(segment);
    expect(segment.inotablev).toBe(8);
    expect(segment.tablev.get(1)).toBe(7);
    expect([...segment.uncommittedLeaders]).toEqual(['client.1:2']);
  });

  it('answer bytes that make no sense with a DecodeError, never with anything else', () => {
    const random = seededRandom(11);
    for (const event of everyEvent()) {
      const bytes = encoded(event);
      for (let i = 0; i < 150; i++) {
        const broken = i % 3 === 0 ? bytes.slice(0, random.u32() % bytes.length) : bytes.slice();
        if (i % 3 !== 0) for (let k = 0; k <= i % 4; k++) broken[random.u32() % broken.length] = random.u32() & 0xff;
        try {
          decodeAll(broken);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
          expect((error as DecodeError).offset).toBeLessThanOrEqual(broken.length);
        }
      }
    }
  });
});
