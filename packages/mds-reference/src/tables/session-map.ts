import { complete, ERRNO } from '@cephts/common';
import type { Completion, GatherBuilder, PerfCounters } from '@cephts/common';
import { Decoder, Encoder, EntityInst } from '@cephts/encoding';

import type { Connection } from '@cephts/async-messenger';
import { connectionCaps } from '../server/connection-caps.js';
import { C_IO_Wrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { ObjectOperation } from '../store/object-store.js';
import type { ClientMetadata } from '../types/client-metadata.js';
import { SessionInfo } from '../types/session-info.js';
import { createSessionPerf, SessionPerf } from './session-perf.js';
import { Session, SESSION_OPEN, SESSION_STALE } from './session.js';

interface CommitWaiter {
  readonly version: number;
  readonly completion: Completion;
}

/**
 * The sessions of a rank. Their durable parts are values in the omap of one object, by name (`client.4305`), beside a header with the
 * map's version; only those that changed are written.
 *
 * A version is projected when a change is journaled and becomes current when the journal entry is safe.
 *
 * @see src/mds/SessionMap.{h,cc} (16.2.15)
 */
export class SessionMap {
  readonly #mds: MDSRank;
  readonly #logger: PerfCounters;
  #rank = -1;
  /** By name. */
  readonly #sessions = new Map<string, Session>();
  readonly #byClient = new Map<number, Session>();
  /** By state, those that were touched longest ago first. */
  readonly #byState = new Map<number, Set<Session>>();

  version = 0;
  projected = 0;
  committing = 0;
  committed = 0;
  /** Names of sessions to be written, and of those to be removed. */
  readonly #dirty = new Set<string>();
  readonly #gone = new Set<string>();
  readonly #commitWaiters: CommitWaiter[] = [];

  constructor(mds: MDSRank) {
    this.#mds = mds;
    this.#logger = createSessionPerf(mds.cct.perf);
  }

  setRank(rank: number): void {
    this.#rank = rank;
  }

  get objectName(): string {
    return `mds${this.#rank}_sessionmap`;
  }

  getVersion(): number {
    return this.version;
  }

  // ---- sessions

  get size(): number {
    return this.#sessions.size;
  }

  getSessions(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** All sessions of clients, as they are now: they may go while one walks. */
  clientSessions(): Session[] {
    return [...this.#byClient.values()];
  }

  /** Those in a state, as they are now; touched longest ago first. */
  sessionsInState(state: number): Session[] {
    return [...(this.#byState.get(state) ?? [])];
  }

  haveUnclosedSessions(): boolean {
    for (const session of this.#sessions.values()) if (!session.isClosed()) return true;
    return false;
  }

  /** @param name as in `'client.4305'` */
  getSession(name: string): Session | undefined {
    return this.#sessions.get(name);
  }

  getSessionByClient(client: number): Session | undefined {
    return this.#byClient.get(client);
  }

  /** The session of an instance; a new one is closed. */
  getOrAddSession(inst: EntityInst): Session {
    const known = this.#sessions.get(inst.name.toString());
    if (known) return known;
    const now = this.#mds.cct.clock.monotonicNow();
    const session = new Session(undefined, now);
    session.setInst(inst);
    session.lastCapRenew = now;
    this.addSession(session);
    return session;
  }

  addSession(session: Session): void {
    this.#sessions.set(session.name, session);
    if (session.info.inst.name.isClient()) this.#byClient.set(session.getClient(), session);
    this.#list(session.state).add(session);
    this.#logger.inc(SessionPerf.sessionAdd);
    this.#count();
  }

  /** Forgets a session; the next save removes it from the store. */
  removeSession(session: Session): void {
    const { name } = session;
    this.#list(session.state).delete(session);
    this.#sessions.delete(name);
    if (this.#byClient.get(session.getClient()) === session) this.#byClient.delete(session.getClient());
    this.#dirty.delete(name);
    this.#gone.add(name);
    this.#logger.inc(SessionPerf.sessionRemove);
    this.#count();
  }

  /**
   * A client has connected, or connected again: its session goes with the connection. One that is not in the map yet stays out of it, and
   * closed, until the client asks to open it.
   */
  attachConnection(con: Connection): Session {
    const known = con.priv as Session | undefined;
    const session = this.#sessions.get(con.peerName.toString()) ?? known ?? new Session(con, this.#mds.cct.clock.monotonicNow());
    if (!this.#sessions.has(session.name)) session.setInst(new EntityInst(con.peerName, con.peerAddrs.front()));
    session.setConnection(con);
    session.authCaps = connectionCaps(con);
    con.priv = session;
    for (const m of session.preopenOutQueue.splice(0)) con.sendMessage(m);
    return session;
  }

  #list(state: number): Set<Session> {
    let list = this.#byState.get(state);
    if (!list) this.#byState.set(state, (list = new Set()));
    return list;
  }

  #count(): void {
    this.#logger.set(SessionPerf.sessionCount, this.#sessions.size);
    this.#logger.set(SessionPerf.sessionsOpen, this.#list(SESSION_OPEN).size);
    this.#logger.set(SessionPerf.sessionsStale, this.#list(SESSION_STALE).size);
  }

  /** @returns the sequence of the state, to recognise it by */
  setState(session: Session, state: number): number {
    if (session.state !== state) {
      const listed = this.#sessions.has(session.name);
      if (listed) this.#list(session.state).delete(session);
      session.setState(state);
      if (listed) this.#list(state).add(session);
      this.#count();
    }
    return session.stateSeq;
  }

  /** The client has given a sign of life. */
  touchSession(session: Session): void {
    const list = this.#list(session.state);
    if (list.delete(session)) list.add(session);
    session.lastCapRenew = this.#mds.cct.clock.monotonicNow();
  }

  hitSession(session: Session): void {
    session.requestCount++;
  }

  // ---- versions

  /** A change of the session is being journaled. @returns the version it will have */
  markProjected(session: Session): number {
    this.projected++;
    session.pushPv(this.projected);
    return this.projected;
  }

  /** The change is safe. @param maySave may the sessions be written now, where many are dirty? */
  markDirty(session: Session, maySave = true): void {
    this.#markDirty(session, maySave);
    this.version++;
    session.popPv(this.version);
  }

  #markDirty(session: Session, maySave: boolean): void {
    const { name } = session;
    if (this.#dirty.has(name)) return;
    // one operation takes so many at the most
    if (maySave && this.#dirty.size >= this.#mds.cct.conf.number('mds_sessionmap_keys_per_op')) this.save(undefined, this.version);
    this.#gone.delete(name);
    this.#dirty.add(name);
  }

  replayDirtySession(session: Session): void {
    this.#markDirty(session, false);
    this.replayAdvanceVersion();
  }

  replayAdvanceVersion(): void {
    this.projected = ++this.version;
  }

  setVersion(version: number): void {
    this.version = this.projected = version;
  }

  /** Sessions an event opened. Some may have been saved, one by one, before the crash: then the version is part of the way there. */
  replayOpenSessions(
    version: number,
    clientMap: ReadonlyMap<number, EntityInst>,
    metadata: ReadonlyMap<number, ClientMetadata>,
  ): void {
    let saved = clientMap.size - (version - this.version);
    for (const [client, inst] of clientMap) {
      const session = this.getOrAddSession(inst);
      const about = metadata.get(client);
      if (about) {
        session.info.clientMetadata.merge(about);
        session.setClientMetadata(session.info.clientMetadata);
      }
      if (saved > 0) {
        if (!session.isClosed()) saved--;
        continue;
      }
      this.setState(session, SESSION_OPEN);
      this.replayDirtySession(session);
    }
    if (this.version < version) this.setVersion(version);
  }

  /** Forgets every session. */
  wipe(): void {
    for (const session of [...this.#sessions.values()]) this.removeSession(session);
    this.setVersion(this.projected + 1);
  }

  /** Forgets the numbers put aside for sessions. */
  wipeInoPrealloc(): void {
    for (const session of this.#sessions.values()) {
      session.pendingPreallocInos.clear();
      session.freePreallocInos.clear();
      session.delegatedInos.clear();
      session.info.preallocInos.clear();
      this.#dirty.add(session.name);
    }
    this.setVersion(this.projected + 1);
  }

  // ---- the store

  encodeHeader(e: Encoder): void {
    const mark = e.start(1, 1);
    e.u64(this.version);
    e.finish(mark);
  }

  decodeHeader(d: Decoder): void {
    const frame = d.start(1, 'SessionMap header');
    this.version = this.projected = this.committing = this.committed = d.u64();
    d.finish(frame, 'SessionMap header');
  }

  /** Takes over sessions as they are stored; they are open. @throws DecodeError */
  decodeValues(vals: ReadonlyMap<string, Uint8Array>): void {
    for (const [key, value] of vals) {
      const info = SessionInfo.decode(new Decoder(value, `session ${key}`));
      const session = this.getOrAddSession(info.inst);
      session.adoptInfo(info);
      if (session.isClosed()) this.setState(session, SESSION_OPEN);
    }
  }

  /** Completes with -EINVAL where what is stored makes no sense. */
  load(onFinish: Completion): void {
    this.#loadPage('', onFinish);
  }

  #loadPage(startAfter: string, onFinish: Completion): void {
    const mds = this.#mds;
    const op = new ObjectOperation();
    const header = startAfter === '' ? op.omapGetHeader() : undefined;
    const page = op.omapGetVals(startAfter, '', mds.cct.conf.number('mds_sessionmap_keys_per_op'));
    mds.objecter.operate(
      this.objectName,
      { pool: mds.metadataPool },
      op,
      new C_IO_Wrapper(mds, (r) => {
        if (r < 0) {
          mds.clog('error', `error reading sessionmap '${this.objectName}' ${r}`);
          complete(onFinish, r);
          return;
        }
        const vals = page.value?.vals ?? new Map<string, Uint8Array>();
        try {
          if (header) this.decodeHeader(new Decoder(header.value as Uint8Array, this.objectName));
          this.decodeValues(vals);
        } catch (error) {
          mds.clog('error', `corrupt sessionmap values: ${(error as Error).message}`);
          complete(onFinish, -ERRNO.EINVAL);
          return;
        }
        const last = [...vals.keys()].pop();
        if (page.value?.more && last !== undefined) this.#loadPage(last, onFinish);
        else complete(onFinish, 0);
      }),
    );
  }

  /**
   * Writes the header and every dirty session.
   * @param needVersion a version that is on its way already is just waited for
   */
  save(onFinish?: Completion, needVersion = 0): void {
    if (needVersion > 0 && needVersion <= this.committing) {
      if (onFinish !== undefined) this.#commitWaiters.push({ version: this.committing, completion: onFinish });
      return;
    }
    const mds = this.#mds;
    const version = (this.committing = this.version);
    if (onFinish !== undefined) this.#commitWaiters.push({ version, completion: onFinish });
    const header = new Encoder(16);
    this.encodeHeader(header);
    const op = new ObjectOperation().omapSetHeader(header.view());
    const values = new Map<string, Uint8Array>();
    for (const name of this.#dirty) {
      const session = this.#sessions.get(name);
      // a session that is being opened is nothing yet that a restart should find
      if (session && this.#isStored(session)) values.set(name, this.#encodeSession(session));
      else this.#gone.add(name);
    }
    if (values.size > 0) op.omapSet(values);
    if (this.#gone.size > 0) op.omapRmKeys([...this.#gone]);
    this.#dirty.clear();
    this.#gone.clear();
    mds.objecter.operate(this.objectName, { pool: mds.metadataPool }, op, new C_IO_Wrapper(mds, (r) => this.#saved(r, version)));
  }

  #isStored(session: Session): boolean {
    return session.isOpen() || session.isClosing() || session.isStale() || session.isKilling();
  }

  #encodeSession(session: Session): Uint8Array {
    session.clearDirtyCompletedRequests();
    const e = new Encoder();
    session.info.encode(e, this.#mds.mdsmap.getUpFeatures());
    return e.view();
  }

  #saved(r: number, version: number): void {
    if (r < 0) {
      this.#mds.clog('error', `failed to store the sessionmap, errno ${r}`);
      this.#mds.handleWriteError(r);
      return;
    }
    if (version > this.committed) this.committed = version;
    const done = this.#commitWaiters.filter((waiter) => waiter.version <= version);
    for (const waiter of done) this.#commitWaiters.splice(this.#commitWaiters.indexOf(waiter), 1);
    for (const waiter of done) complete(waiter.completion, 0);
  }

  /**
   * Writes those of the named sessions whose completed requests changed. One that is dirty for another reason too must not be written by
   * itself, for its version is not the header's: then everything dirty is.
   */
  saveIfDirty(names: ReadonlySet<string>, gather: GatherBuilder): void {
    const mds = this.#mds;
    const perOp = mds.cct.conf.number('mds_sessionmap_keys_per_op');
    let values = new Map<string, Uint8Array>();
    let all = false;
    const write = (): void => {
      if (values.size === 0) return;
      const op = new ObjectOperation().omapSet(values);
      mds.objecter.operate(this.objectName, { pool: mds.metadataPool }, op, new C_IO_Wrapper(mds, gather.newSub()));
      values = new Map();
    };
    for (const name of names) {
      const session = this.#sessions.get(name);
      if (!session?.hasDirtyCompletedRequests() || !this.#isStored(session)) continue;
      if (this.#dirty.has(name)) {
        all = true;
        continue;
      }
      values.set(name, this.#encodeSession(session));
      if (values.size >= perOp) write();
    }
    write();
    if (all) this.save(gather.newSub());
  }
}
