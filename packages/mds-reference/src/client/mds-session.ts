import type { Connection, Message, Messenger } from '@cephts/async-messenger';
import { CephError, ERRNO } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS } from '@cephts/encoding';
import type { EntityAddrVec } from '@cephts/encoding';

import {
  MClientCapRelease,
  MClientCaps,
  MClientLease,
  MClientQuota,
  MClientReconnect,
  MClientReply,
  MClientSession,
  MClientSnap,
  RequestRelease,
} from '../messages/index.js';
import { CapReconnect } from '../types/cap-reconnect.js';
import { CEPH_CAP_PIN } from '../types/caps.js';
import { CEPH_MDS_FLAG_REPLAY } from '../types/ceph-fs.js';

import {
  CEPH_CAP_OP_GRANT,
  CEPH_CAP_OP_IMPORT,
  CEPH_CAP_OP_REVOKE,
  CEPH_CAP_OP_UPDATE,
  CEPH_SESSION_CLOSE,
  CEPH_SESSION_FLUSHMSG,
  CEPH_SESSION_FLUSHMSG_ACK,
  CEPH_SESSION_OPEN,
  CEPH_SESSION_RECALL_STATE,
  CEPH_SESSION_REJECT,
  CEPH_SESSION_RENEWCAPS,
  CEPH_SESSION_REQUEST_CLOSE,
  CEPH_SESSION_REQUEST_FLUSH_MDLOG,
  CEPH_SESSION_REQUEST_OPEN,
  CEPH_SESSION_REQUEST_RENEWCAPS,
  CEPH_SESSION_STALE,
} from '../types/op-names.js';

import type { ClientCap } from './cap-table.js';
import { CapTable } from './cap-table.js';
import { clientSupportedFeatures } from './client-features.js';
import type { MdsRequest } from './mds-request.js';

/** Caps kept before the oldest are released. */
const CAP_LIMIT = 4096;
/** Releases told in one message. */
const RELEASE_BATCH = 128;

/** States of {@link MdsSession}: new → opening → open → closing → closed; open → reconnecting → open when the MDS restarts. */
export type MdsSessionState = 'new' | 'opening' | 'open' | 'reconnecting' | 'closing' | 'closed';

/**
 * A client's session with the MDS that holds rank 0: requests until their safe replies, capabilities, renewal; and, when the MDS restarts,
 * reconnecting with everything that is pending.
 *
 * @see src/client/MetaSession.h, src/client/Client.cc (16.2.15)
 */
export class MdsSession {
  readonly #cct: CephContext;
  readonly #messenger: Messenger;
  readonly caps = new CapTable(CAP_LIMIT);
  #state: MdsSessionState = 'new';
  #con: Connection | undefined;
  /** Messages the MDS sent unasked (caps, leases, snaps): a request to close names how many were seen, so that none crosses it. */
  #pushSeq = 0;
  #renewSeq = 0;
  #nextTid = 1;
  /** Requests without their last reply, oldest first. */
  readonly #requests = new Map<number, MdsRequest>();
  readonly #whenOpen: ((error?: Error) => void)[] = [];
  readonly #whenClosed: (() => void)[] = [];
  readonly #whenQuiet: ((error?: Error) => void)[] = [];
  #mdsmapEpoch = 0;
  /** Does the incarnation that was told what this one holds take requests by now? The map may say so before the session is open again. */
  #serving = false;

  constructor(cct: CephContext, messenger: Messenger) {
    this.#cct = cct;
    this.#messenger = messenger;
  }

  get state(): MdsSessionState {
    return this.#state;
  }

  get connection(): Connection | undefined {
    return this.#con;
  }

  set mdsmapEpoch(epoch: number) {
    this.#mdsmapEpoch = epoch;
  }

  /** Resolves when the session is open. @throws CephError where the MDS rejects it */
  open(addrs: EntityAddrVec, metadata: ReadonlyMap<string, string>): Promise<void> {
    this.#state = 'opening';
    this.#con = this.#messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
    const m = new MClientSession(CEPH_SESSION_REQUEST_OPEN);
    m.metadata = new Map(metadata);
    m.supportedFeatures = clientSupportedFeatures();
    this.#con.sendMessage(m);
    return new Promise((resolve, reject) => this.#whenOpen.push((error) => (error ? reject(error) : resolve())));
  }

  /** The MDS of the rank is another incarnation now and waits for its clients: tell it what this one holds. */
  reconnect(addrs: EntityAddrVec): void {
    this.#con?.markDown();
    this.#con = this.#messenger.connectTo(CEPH_ENTITY_TYPE_MDS, addrs);
    this.#state = 'reconnecting';
    this.#serving = false;
    // the new incarnation counts what it sends from the start
    this.#pushSeq = 0;
    const m = new MClientReconnect();
    for (const cap of this.caps.all()) {
      const entry = new CapReconnect();
      entry.capId = cap.capId;
      entry.wanted = cap.wanted;
      entry.issued = cap.issued;
      entry.snaprealm = cap.realm;
      cap.seq = 0;
      cap.issueSeq = 0;
      cap.mseq = 0;
      m.caps.set(cap.ino, entry);
    }
    // what the predecessor had made but maybe not journaled is replayed before the reconnect is over
    for (const request of this.#requests.values()) if (request.gotUnsafe) this.#send(request);
    this.#con.sendMessage(m);
  }

  /** The connection is dead; what is pending waits for {@link reconnect}. */
  disconnect(): void {
    this.#con?.markDown();
    this.#con = undefined;
    this.#serving = false;
    if (this.#state === 'open') this.#state = 'reconnecting';
  }

  /** The MDS is active again: what it never answered is asked anew. */
  resend(): void {
    this.#serving = true;
    for (const request of this.#requests.values()) if (!request.gotUnsafe) this.#send(request);
  }

  submit(request: MdsRequest): void {
    if (this.#state === 'closing' || this.#state === 'closed') {
      request.fail(new CephError('ERR_CEPH_CLOSED', 'the session is closed', { errno: ERRNO.ESHUTDOWN }));
      return;
    }
    request.message.tid = this.#nextTid++;
    this.#requests.set(request.message.tid, request);
    if (this.#state === 'open' || this.#serving) this.#send(request);
  }

  /** Calls back when no request waits for its safe reply. */
  whenQuiet(done: (error?: Error) => void): void {
    if (this.#requests.size === 0) done();
    else this.#whenQuiet.push(done);
  }

  /** Asks the MDS to flush its journal now. */
  flushMdlog(): void {
    this.#con?.sendMessage(new MClientSession(CEPH_SESSION_REQUEST_FLUSH_MDLOG));
  }

  renewCaps(): void {
    if (this.#state === 'open') this.#con?.sendMessage(new MClientSession(CEPH_SESSION_REQUEST_RENEWCAPS, ++this.#renewSeq));
  }

  /** Closes the session; resolves when the MDS has confirmed it. */
  close(): Promise<void> {
    if (this.#state !== 'open' || !this.#con) {
      this.destroy(new CephError('ERR_CEPH_CLOSED', 'the session was closed', { errno: ERRNO.ESHUTDOWN }));
      return Promise.resolve();
    }
    this.#state = 'closing';
    this.#requestClose();
    return new Promise((resolve) => this.#whenClosed.push(resolve));
  }

  /** Ends everything at once; what is pending fails with `error`. */
  destroy(error: Error): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#con?.markDown();
    this.#con = undefined;
    this.caps.clear();
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests) request.fail(error);
    for (const done of this.#whenOpen.splice(0)) done(error);
    for (const done of this.#whenQuiet.splice(0)) done(error);
    for (const done of this.#whenClosed.splice(0)) done();
  }

  /** @returns true when the message was one of the session's */
  dispatch(m: Message): boolean {
    if (m.connection !== this.#con) return m instanceof MClientSession || m instanceof MClientReply || m instanceof MClientCaps;
    if (m instanceof MClientReply) this.#handleReply(m);
    else if (m instanceof MClientSession) this.#handleSession(m);
    else if (m instanceof MClientCaps || m instanceof MClientLease || m instanceof MClientSnap || m instanceof MClientQuota)
      this.#handlePush(m);
    else return false;
    return true;
  }

  #requestClose(): void {
    this.#con?.sendMessage(new MClientSession(CEPH_SESSION_REQUEST_CLOSE, this.#pushSeq));
  }

  #handlePush(m: Message): void {
    this.#pushSeq++;
    if (m instanceof MClientCaps) this.#handleCaps(m);
    // the MDS drops a request to close that had not seen this
    if (this.#state === 'closing') this.#requestClose();
  }

  /** Notes a cap that came with a reply. */
  addCap(cap: ClientCap): void {
    this.caps.grant(cap);
    if (this.caps.releasesPending >= RELEASE_BATCH) this.flushReleases();
  }

  /** Gives a cap up; the MDS is told in batches. */
  releaseCap(ino: number): void {
    this.caps.release(ino);
    if (this.caps.releasesPending >= RELEASE_BATCH) this.flushReleases();
  }

  flushReleases(): void {
    if (this.caps.releasesPending === 0 || this.#state !== 'open') return;
    const m = new MClientCapRelease();
    m.caps = this.caps.takeReleases();
    this.#con?.sendMessage(m);
  }

  #send(request: MdsRequest): void {
    const { message } = request;
    message.mdsmapEpoch = this.#mdsmapEpoch;
    message.numRetry = request.attempts++;
    message.oldestClientTid = this.#oldestTid();
    if (request.gotUnsafe) message.flags |= CEPH_MDS_FLAG_REPLAY;
    const releases: RequestRelease[] = [];
    for (const ino of request.dropCapsOf) {
      const cap = this.caps.drop(ino);
      if (cap) releases.push(releaseOf(cap));
    }
    message.releases = releases;
    this.#con?.sendMessage(message);
  }

  #oldestTid(): number {
    for (const tid of this.#requests.keys()) return tid;
    return this.#nextTid;
  }

  #handleReply(m: MClientReply): void {
    const request = this.#requests.get(m.tid);
    if (!request) return;
    if (!request.handleReply(m)) return;
    this.#requests.delete(m.tid);
    if (this.#requests.size > 0) return;
    for (const done of this.#whenQuiet.splice(0)) done();
  }

  #handleSession(m: MClientSession): void {
    switch (m.op) {
      case CEPH_SESSION_OPEN:
        this.#handleOpen();
        break;
      case CEPH_SESSION_CLOSE:
        this.destroy(new CephError('ERR_CEPH_CLOSED', 'the session was closed', { errno: ERRNO.ESHUTDOWN }));
        break;
      case CEPH_SESSION_REJECT: {
        const why = m.metadata.get('error_string') ?? 'no reason given';
        this.destroy(new CephError('ERR_CEPH_REJECTED', `the MDS rejected the session: ${why}`, { errno: ERRNO.EACCES }));
        break;
      }
      case CEPH_SESSION_STALE:
        this.renewCaps();
        break;
      case CEPH_SESSION_FLUSHMSG:
        this.#con?.sendMessage(new MClientSession(CEPH_SESSION_FLUSHMSG_ACK, m.sessionSeq));
        break;
      case CEPH_SESSION_RECALL_STATE:
        this.#trimCaps(m.maxCaps);
        break;
      case CEPH_SESSION_RENEWCAPS:
        break;
      default:
        this.#cct.dout('client', 5, () => `ignored ${m.print()}`);
    }
  }

  #handleOpen(): void {
    this.#state = 'open';
    for (const done of this.#whenOpen.splice(0)) done();
  }

  #trimCaps(max: number): void {
    for (const cap of this.caps.all()) {
      if (this.caps.size <= max) break;
      this.caps.release(cap.ino);
    }
    this.flushReleases();
  }

  /** Grants are noted; what is revoked is given back at once, since nothing is cached here. */
  #handleCaps(m: MClientCaps): void {
    const cap = this.caps.get(m.ino);
    if (!cap || cap.capId !== m.capId) {
      if (m.op !== CEPH_CAP_OP_GRANT && m.op !== CEPH_CAP_OP_REVOKE && m.op !== CEPH_CAP_OP_IMPORT) return;
      this.caps.refuse({ ino: m.ino, capId: m.capId, migrateSeq: m.migrateSeq, seq: m.capSeq });
      this.flushReleases();
      return;
    }
    if (m.op !== CEPH_CAP_OP_GRANT && m.op !== CEPH_CAP_OP_REVOKE) return;
    cap.seq = m.capSeq;
    cap.issued = m.caps;
    if (m.op !== CEPH_CAP_OP_REVOKE) return;
    const ack = new MClientCaps(
      CEPH_CAP_OP_UPDATE,
      m.ino,
      m.realm,
      cap.capId,
      cap.seq,
      cap.issued | CEPH_CAP_PIN,
      cap.wanted,
      0,
      cap.mseq,
    );
    ack.issueSeq = cap.issueSeq;
    this.#con?.sendMessage(ack);
  }
}

function releaseOf(cap: ClientCap): RequestRelease {
  const release = new RequestRelease();
  release.ino = cap.ino;
  release.capId = cap.capId;
  release.caps = cap.issued;
  release.wanted = cap.wanted;
  release.seq = cap.seq;
  release.issueSeq = cap.issueSeq;
  release.mseq = cap.mseq;
  return release;
}
