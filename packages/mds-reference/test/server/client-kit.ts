import type { Connection, Message } from '@cephts/async-messenger';
import { ERRNO } from '@cephts/common';
import { EntityAddrVec, EntityName, UTime } from '@cephts/encoding';
import { cephfsFeaturesAll } from '../../src/types/cephfs-features.js';
import { MClientCapRelease } from '../../src/messages/m-client-cap-release.js';
import { MClientCaps } from '../../src/messages/m-client-caps.js';
import { MClientReconnect } from '../../src/messages/m-client-reconnect.js';
import { MClientReply } from '../../src/messages/m-client-reply.js';
import { MClientRequest } from '../../src/messages/m-client-request.js';
import { MClientSession } from '../../src/messages/m-client-session.js';
import { decodeReaddirPage, decodeReplyTrace } from '../../src/messages/reply-trace.js';
import type { InodeStat } from '../../src/messages/inode-stat.js';
import type { Session } from '../../src/tables/session.js';
import { CapReconnect } from '../../src/types/cap-reconnect.js';
import { CEPH_INO_ROOT, CEPH_MDS_FLAG_REPLAY } from '../../src/types/ceph-fs.js';
import { FilePath } from '../../src/types/file-path.js';
import * as op from '../../src/types/op-names.js';
import { FEATURES, overTheWire } from './rank-kit.js';
import type { TestRank } from './rank-kit.js';

interface HeldCap {
  capId: number;
  issued: number;
  wanted: number;
  seq: number;
  issueSeq: number;
  mseq: number;
  realm: number;
}

/** A request and its answers, the unsafe one first where there are two. */
export interface Call {
  readonly request: MClientRequest;
  readonly replies: MClientReply[];
  /** When it was sent, among those of all clients. */
  readonly order: number;
}

/** True when nothing more is to come. */
export function isAnswered({ replies }: Call): boolean {
  return replies[replies.length - 1]?.safe === true;
}

/**
 * A client of a TestRank: what it sends and gets goes through bytes. It notes the caps it is granted, gives back at once what is revoked, and
 * can be told to let messages lie ({@link hold}).
 */
export class TestClient {
  readonly num: number;
  readonly name: EntityName;
  readonly calls = new Map<number, Call>();
  readonly caps = new Map<number, HeldCap>();
  readonly sessionReplies: MClientSession[] = [];
  /** Cap messages, as they came. */
  readonly capMessages: MClientCaps[] = [];
  /** While true, revokes lie unanswered in {@link held}. */
  hold = false;
  readonly held: MClientCaps[] = [];
  revokes = 0;
  /** False: {@link call} waits for the first answer only, which may be an unsafe one. */
  patient = true;
  /** Inodes that had to be looked up by number. */
  stale = 0;
  tid = 0;
  pushSeq = 0;
  oldestTid = 0;
  #rank: TestRank;
  #con: Connection;

  constructor(rank: TestRank, num: number) {
    this.num = num;
    this.name = new EntityName(8, num);
    this.#rank = rank;
    this.#con = this.#connect();
  }

  get session(): Session {
    return this.#con.priv as Session;
  }

  #connect(): Connection {
    const rank = this.#rank;
    const con: Record<string, unknown> = {
      priv: undefined,
      peerType: 8,
      peerName: this.name,
      peerAddrs: EntityAddrVec.parse(`v2:127.0.0.1:0/${this.num}`),
      peerAuthName: 'client.test',
      features: FEATURES,
      down: false,
      markDown: () => (con.down = true),
      markDisposable: () => undefined,
    };
    const connection = con as unknown as Connection;
    con.sendMessage = (m: Message) => {
      if (con.down === true) return;
      const received = overTheWire(m, connection);
      rank.clock.defer(() => {
        if (con.down !== true && !rank.stopped && this.#con === connection) this.#receive(received);
      });
    };
    rank.rank.sessionmap.attachConnection(connection);
    return connection;
  }

  /** Sends a message, which is received at once. */
  send(m: Message): void {
    m.src = this.name;
    const received = overTheWire(m, this.#con);
    received.recvStamp = this.#rank.clock.monotonicNow();
    this.#rank.rank.msDispatch(received);
  }

  /** The connection breaks; the messenger gives the next one the same session. */
  drop(): void {
    this.#con.markDown();
  }

  reconnect(): void {
    this.#con = this.#connect();
  }

  // ---- sessions

  async open(): Promise<void> {
    const m = new MClientSession(op.CEPH_SESSION_REQUEST_OPEN);
    m.metadata.set('hostname', `host${this.num}`);
    m.supportedFeatures = cephfsFeaturesAll();
    this.send(m);
    await this.#rank.until(() => this.session.isOpen());
    // inode numbers are put aside with the first create
  }

  sendSession(sessionOp: number, seq = 0): void {
    this.send(new MClientSession(sessionOp, seq));
  }

  /** The rank has been restarted: tells the new one what this client holds, and sends what has no safe answer again. */
  comeBack(rank: TestRank): void {
    comeBackTogether(rank, [this]);
  }

  /** @internal Connects to another rank. */
  moveTo(rank: TestRank): void {
    this.#rank = rank;
    this.#con = this.#connect();
  }

  /** @internal Tells what it holds. */
  sendReconnect(): void {
    const m = new MClientReconnect();
    for (const [ino, cap] of this.caps) {
      const entry = new CapReconnect();
      Object.assign(entry, { capId: cap.capId, wanted: cap.wanted, issued: cap.issued, snaprealm: cap.realm });
      m.caps.set(ino, entry);
    }
    this.send(m);
  }

  /** After {@link comeBack}, once the rank is active: what had no answer at all is sent again. */
  resend(): void {
    for (const call of this.pending()) {
      if (call.replies.length > 0) continue;
      call.request.numRetry++;
      this.send(call.request);
    }
  }

  // ---- requests

  pending(): Call[] {
    return [...this.calls.values()].filter((call) => !isAnswered(call));
  }

  /** Sends a request; its answers come into the call returned. */
  start(kind: number, path: FilePath | string, fill?: (m: MClientRequest) => void, tid = ++this.tid): Call {
    const request = new MClientRequest(kind);
    request.tid = tid;
    request.path = typeof path === 'string' ? new FilePath(CEPH_INO_ROOT, path) : path;
    request.stamp = UTime.fromMillis(this.#rank.clock.now());
    request.oldestClientTid = this.oldestTid;
    fill?.(request);
    const call: Call = { request, replies: [], order: this.#rank.nextOrder++ };
    this.calls.set(tid, call);
    this.send(request);
    return call;
  }

  /**
   * As {@link start}, until all answers are there. An inode that the rank no longer has in its cache (ESTALE) is looked up by its number first, as
   * clients do.
   *
   * @returns the first answer
   */
  async call(kind: number, path: FilePath | string, fill?: (m: MClientRequest) => void, tid?: number): Promise<MClientReply> {
    const call = this.start(kind, path, fill, tid);
    await this.#rank.until(() => isAnswered(call) || (!this.patient && call.replies.length > 0));
    const reply = call.replies[0] as MClientReply;
    if (reply.result !== -ERRNO.ESTALE || kind === op.CEPH_MDS_OP_LOOKUPINO || tid !== undefined) return reply;
    this.stale++;
    for (const { ino } of [call.request.path, call.request.path2]) {
      if (ino !== 0 && (await this.result(op.CEPH_MDS_OP_LOOKUPINO, new FilePath(ino, ''))) === -ERRNO.ESTALE) return reply;
    }
    return await this.call(kind, path, fill);
  }

  /** A call's result. */
  async result(kind: number, path: FilePath | string, fill?: (m: MClientRequest) => void): Promise<number> {
    return (await this.call(kind, path, fill)).result;
  }

  mkdir(path: FilePath | string, mode = 0o755): Promise<MClientReply> {
    return this.call(op.CEPH_MDS_OP_MKDIR, path, (m) => (m.args.mkdir.mode = mode));
  }

  create(path: FilePath | string, flags = 0o102, mode = 0o644): Promise<MClientReply> {
    return this.call(op.CEPH_MDS_OP_CREATE, path, (m) => fillCreate(m, flags, mode));
  }

  async stat(path: FilePath | string, mask = 0x155): Promise<InodeStat | number> {
    const byIno = typeof path !== 'string' && path.path === '';
    const reply = await this.call(byIno ? op.CEPH_MDS_OP_GETATTR : op.CEPH_MDS_OP_LOOKUP, path, (m) => {
      m.args.getattr.mask = mask;
    });
    return reply.result === 0 ? targetOf(reply) : reply.result;
  }

  /** All entries of a directory, in pages. */
  async readdir(ino: number, max = 0): Promise<Map<string, InodeStat>> {
    const found = new Map<string, InodeStat>();
    for (let start = '', end = false; !end;) {
      const reply = await this.call(op.CEPH_MDS_OP_READDIR, new FilePath(ino, ''), (m) => {
        m.args.readdir.maxEntries = max;
        m.args.readdir.flags = 1;
        m.path2 = new FilePath(0, start);
      });
      if (reply.result !== 0) throw new Error(`readdir: ${reply.result}`);
      const page = decodeReaddirPage(reply.extra);
      for (const { dname, inode } of page.entries) {
        if (found.has(dname)) throw new Error(`${dname} came twice`);
        found.set(dname, inode);
        start = dname;
      }
      end = (page.flags & 1) !== 0;
    }
    return found;
  }

  // ---- what comes

  #receive(m: Message): void {
    if (m instanceof MClientReply) this.#takeReply(m);
    else if (m instanceof MClientSession) this.sessionReplies.push(m);
    else if (m instanceof MClientCaps) this.#takeCaps(m);
    else this.pushSeq++;
  }

  #takeReply(m: MClientReply): void {
    const call = this.calls.get(m.tid);
    if (!call) return;
    call.replies.push(m);
    const trace = decodeReplyTrace(m);
    if (trace.dentry) this.#noteCap(trace.dentry.dir);
    if (trace.target) this.#noteCap(trace.target);
    if (call.request.op === op.CEPH_MDS_OP_READDIR && m.result === 0) {
      for (const { inode } of decodeReaddirPage(m.extra).entries) this.#noteCap(inode);
    }
  }

  #noteCap(stat: InodeStat): void {
    if (stat.caps === 0) return;
    const { capId, caps: issued, wanted, capSeq: seq, capMseq: mseq, capRealm: realm } = stat;
    this.caps.set(stat.ino, { capId, issued, wanted, seq, issueSeq: seq, mseq, realm });
  }

  #takeCaps(m: MClientCaps): void {
    this.pushSeq++;
    this.capMessages.push(m);
    const cap = this.caps.get(m.ino);
    if (cap && (m.op === op.CEPH_CAP_OP_GRANT || m.op === op.CEPH_CAP_OP_IMPORT))
      Object.assign(cap, { issued: m.caps, seq: m.capSeq });
    if (m.op !== op.CEPH_CAP_OP_REVOKE) return;
    this.revokes++;
    if (this.hold) this.held.push(m);
    else this.answer(m);
  }

  /** Gives back what a message revokes. */
  answer(m: MClientCaps, fill?: (ack: MClientCaps) => void): void {
    const cap = this.caps.get(m.ino);
    if (cap) Object.assign(cap, { issued: m.caps, seq: m.capSeq });
    const ack = new MClientCaps(op.CEPH_CAP_OP_UPDATE, m.ino, 0, m.capId, m.capSeq, m.caps, m.wanted, 0, m.migrateSeq, 0);
    fill?.(ack);
    this.send(ack);
  }

  /** Answers what lies in {@link held}. */
  answerHeld(): void {
    for (const m of this.held.splice(0)) this.answer(m);
  }

  /** Sends an update of a cap it holds. */
  update(ino: number, fill: (m: MClientCaps) => void): void {
    const cap = this.caps.get(ino) as HeldCap;
    const m = new MClientCaps(op.CEPH_CAP_OP_UPDATE, ino, cap.realm, cap.capId, cap.seq, cap.issued, cap.wanted, 0, cap.mseq, 0);
    m.issueSeq = cap.issueSeq;
    fill(m);
    Object.assign(cap, { issued: m.caps, wanted: m.wanted });
    this.send(m);
  }

  /** Gives a cap back as a whole. */
  release(ino: number): void {
    const cap = this.caps.get(ino) as HeldCap;
    this.caps.delete(ino);
    const m = new MClientCapRelease();
    m.caps = [{ ino, capId: cap.capId, migrateSeq: cap.mseq, seq: cap.issueSeq }];
    this.send(m);
  }
}

export function targetOf(reply: MClientReply): InodeStat {
  const { target } = decodeReplyTrace(reply);
  if (!target) throw new Error(`no target in the reply to ${op.mdsOpName(reply.op)}: ${reply.result}`);
  return target;
}

export function fillCreate(m: MClientRequest, flags = 0o102, mode = 0o644): void {
  Object.assign(m.args.open, { mode, flags, pool: -1 });
}

/**
 * Clients come back to a rank that was restarted: what they had an unsafe answer to is sent to be replayed, then what they hold.
 *
 * The requests come in the order they first had. Real clients don't agree on one, and needn't: none learns of what another has done before that
 * is safe. Those here do, as the tests tell them each other's inode numbers.
 */
export function comeBackTogether(rank: TestRank, clients: readonly TestClient[]): void {
  const unsafe: { call: Call; client: TestClient }[] = [];
  for (const client of clients) {
    client.moveTo(rank);
    for (const call of client.pending()) if (call.replies.length > 0) unsafe.push({ call, client });
  }
  for (const { call, client } of unsafe.sort((a, b) => a.call.order - b.call.order)) {
    call.request.flags |= CEPH_MDS_FLAG_REPLAY;
    client.send(call.request);
  }
  for (const client of clients) client.sendReconnect();
}
