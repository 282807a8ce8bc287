import { AuthEntityName, IntervalSet } from '@cephts/encoding';
import type { EntityInst } from '@cephts/encoding';
import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { Connection, Message } from '@cephts/async-messenger';
import type { MDRequestImpl } from '../cache/mutation.js';
import type { Capability } from '../locks/capability.js';
import type { MDSAuthCaps } from '../server/mds-auth-caps.js';
import type { ClientMetadata } from '../types/client-metadata.js';
import { SessionInfo } from '../types/session-info.js';

export const SESSION_CLOSED = 0;
/** Its opening is being journaled. */
export const SESSION_OPENING = 1;
export const SESSION_OPEN = 2;
/** Its closing is being journaled. */
export const SESSION_CLOSING = 3;
/** Silent for too long; may come back. */
export const SESSION_STALE = 4;
/** Being evicted. */
export const SESSION_KILLING = 5;

export const SESSION_STATE_NAMES = ['closed', 'opening', 'open', 'closing', 'stale', 'killing'] as const;

/** A lease on a dentry, as far as a session cares. */
export interface ClientLease {
  readonly client: number;
}

/**
 * A client's session: its durable part ({@link SessionInfo}), its state, and what the rank holds for it.
 *
 * ```text
 *     removed <- closed <-------------+
 *        ^         |                  |
 *     killing <- opening <-----+      |
 *        ^         |           |      |
 *      stale <--> open --> closing ---+
 * ```
 *
 * @see src/mds/SessionMap.h (16.2.15)
 */
export class Session {
  readonly info = new SessionInfo();
  /** What the client may do; undefined where nothing restricts it. */
  authCaps: MDSAuthCaps | undefined;
  connection: Connection | undefined;
  /** Messages to send once it connects. */
  readonly preopenOutQueue: Message[] = [];

  /** Numbers whose allocation is being journaled. */
  readonly pendingPreallocInos = new IntervalSet();
  /** Numbers put aside that nobody uses yet. */
  readonly freePreallocInos = new IntervalSet();
  /** Numbers the client hands out by itself. */
  readonly delegatedInos = new IntervalSet();

  /** Capabilities, least recently used first. */
  readonly caps = new Set<Capability>();
  readonly leases = new Set<ClientLease>();
  /** Requests in flight. */
  readonly requests = new Set<MDRequestImpl>();

  /** Monotonic ms; 0: never. */
  lastCapRenew = 0;
  /** Monotonic ms; 0: never. */
  lastSeen = 0;
  /** Monotonic ms. */
  readonly birthTime: number;
  leaseSeq = 0;
  capGen = 0;
  capPushSeq = 0;
  reconnecting = false;
  reclaimingFrom: Session | undefined;
  recallLimit = 0;
  numTrimRequestsWarnings = 0;
  numTrimFlushesWarnings = 0;
  /** Requests counted for `session ls`. */
  requestCount = 0;

  #state = SESSION_CLOSED;
  #stateSeq = 0;
  #importing = 0;
  #humanName = '';
  #completedRequestsDirty = false;
  readonly #projected: number[] = [];
  readonly #waitForFlush: { seq: number; completion: Completion }[] = [];

  constructor(connection?: Connection, birthTime = 0) {
    this.birthTime = birthTime;
    this.setConnection(connection);
  }

  // ---- identity

  getClient(): number {
    return this.info.inst.name.num;
  }

  /** `'client.4305'`. */
  get name(): string {
    return this.info.inst.name.toString();
  }

  get humanName(): string {
    return this.#humanName;
  }

  setInst(inst: EntityInst): void {
    this.info.inst = inst;
    this.#updateHumanName();
  }

  setConnection(connection: Connection | undefined): void {
    this.connection = connection;
    const name = connection && AuthEntityName.parse(connection.peerAuthName);
    if (name) this.info.authName = name;
  }

  setClientMetadata(metadata: ClientMetadata): void {
    this.info.clientMetadata = metadata;
    this.#updateHumanName();
  }

  #updateHumanName(): void {
    const kv = this.info.clientMetadata.kvMap;
    const host = kv.get('hostname');
    if (host === undefined) {
      this.#humanName = String(this.getClient());
      return;
    }
    const id = kv.get('entity_id');
    // an id that says more than "admin" is worth showing
    this.#humanName = id !== undefined && id !== '' && id !== 'admin' ? `${host}:${id}` : host;
  }

  // ---- state

  get state(): number {
    return this.#state;
  }

  get stateName(): string {
    return SESSION_STATE_NAMES[this.#state] ?? '???';
  }

  /** Counts changes of state, so that what was journaled for an old one is recognised. */
  get stateSeq(): number {
    return this.#stateSeq;
  }

  /** @internal Through `SessionMap.setState`, which keeps the lists by state. */
  setState(state: number): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#stateSeq++;
  }

  isClosed(): boolean {
    return this.#state === SESSION_CLOSED;
  }
  isOpening(): boolean {
    return this.#state === SESSION_OPENING;
  }
  isOpen(): boolean {
    return this.#state === SESSION_OPEN;
  }
  isClosing(): boolean {
    return this.#state === SESSION_CLOSING;
  }
  isStale(): boolean {
    return this.#state === SESSION_STALE;
  }
  isKilling(): boolean {
    return this.#state === SESSION_KILLING;
  }

  incImporting(): void {
    this.#importing++;
  }
  decImporting(): void {
    if (this.#importing > 0) this.#importing--;
  }
  isImporting(): boolean {
    return this.#importing > 0;
  }

  // ---- versions

  pushPv(version: number): void {
    this.#projected.push(version);
  }

  /** @throws RangeError where `version` is not the oldest projected */
  popPv(version: number): void {
    if (this.#projected[0] !== version)
      throw new RangeError(`session ${this.name}: ${version} marked dirty, ${this.#projected[0]} projected`);
    this.#projected.shift();
  }

  get numProjected(): number {
    return this.#projected.length;
  }

  incCapGen(): void {
    this.capGen++;
  }

  incPushSeq(): number {
    return ++this.capPushSeq;
  }

  get pushSeq(): number {
    return this.capPushSeq;
  }

  /** Completes `completion` when the client has acknowledged what was pushed so far. @returns the sequence to ask it for */
  waitForFlush(completion: Completion): number {
    this.#waitForFlush.push({ seq: this.capPushSeq, completion });
    return this.capPushSeq;
  }

  /** The client has seen everything up to `seq`. */
  finishFlush(seq: number): void {
    while ((this.#waitForFlush[0]?.seq ?? Infinity) <= seq) complete(this.#waitForFlush.shift()?.completion as Completion, 0);
  }

  isAnyFlushWaiter(): boolean {
    return this.#waitForFlush.length > 0;
  }

  // ---- inode numbers

  /**
   * Takes a number put aside for the client.
   * @param ino a certain one. @defaultValue any
   * @returns 0 where there is none
   */
  takeIno(ino = 0): number {
    if (ino !== 0) {
      if (this.delegatedInos.contains(ino)) this.delegatedInos.erase(ino);
      else if (this.freePreallocInos.contains(ino)) this.freePreallocInos.erase(ino);
      else return 0;
      return ino;
    }
    if (this.freePreallocInos.isEmpty()) return 0;
    const first = this.freePreallocInos.rangeStart;
    this.freePreallocInos.erase(first);
    return first;
  }

  /** Lets the client hand out numbers by itself, until it has `want` of them; `inos` is told which. */
  delegateInos(want: number, inos: IntervalSet): void {
    let left = want - this.delegatedInos.size;
    for (const [start, length] of left > 0 ? [...this.freePreallocInos] : []) {
      const count = Math.min(left, length);
      inos.insert(start, count);
      this.delegatedInos.insert(start, count);
      this.freePreallocInos.erase(start, count);
      left -= count;
      if (left <= 0) return;
    }
  }

  /** Without those delegated. */
  get numPreallocInos(): number {
    return this.freePreallocInos.size;
  }

  get numProjectedPreallocInos(): number {
    return this.freePreallocInos.size + this.pendingPreallocInos.size;
  }

  // ---- completed requests and flushes

  addCompletedRequest(tid: number, created: number): void {
    this.info.completedRequests.set(tid, created);
    this.#completedRequestsDirty = true;
  }

  /** Forgets requests below `minTid` (0: all). @returns true where there were some */
  trimCompletedRequests(minTid: number): boolean {
    const requests = this.info.completedRequests;
    let any = false;
    // tids come nearly in order, so the first one to keep ends the walk; the few out of order go next time
    for (const tid of requests.keys()) {
      if (minTid !== 0 && tid >= minTid) break;
      requests.delete(tid);
      any = true;
    }
    if (any) this.#completedRequestsDirty = true;
    return any;
  }

  /** The inode the request made (0: none), or undefined where it has not completed. */
  haveCompletedRequest(tid: number): number | undefined {
    return this.info.completedRequests.get(tid);
  }

  addCompletedFlush(tid: number): void {
    this.info.completedFlushes.add(tid);
    this.#completedRequestsDirty = true;
  }

  /** Forgets flushes below `minTid` (0: all). @returns true where there were some */
  trimCompletedFlushes(minTid: number): boolean {
    let any = false;
    for (const tid of this.info.completedFlushes) {
      if (minTid !== 0 && tid >= minTid) break;
      this.info.completedFlushes.delete(tid);
      any = true;
    }
    if (any) this.#completedRequestsDirty = true;
    return any;
  }

  haveCompletedFlush(tid: number): boolean {
    return this.info.completedFlushes.has(tid);
  }

  get numCompletedRequests(): number {
    return this.info.completedRequests.size;
  }

  get numCompletedFlushes(): number {
    return this.info.completedFlushes.size;
  }

  hasDirtyCompletedRequests(): boolean {
    return this.#completedRequestsDirty;
  }

  clearDirtyCompletedRequests(): void {
    this.#completedRequestsDirty = false;
  }

  // ---- capabilities

  /** The capability was used just now. */
  touchCap(cap: Capability): void {
    this.caps.delete(cap);
    this.caps.add(cap);
  }

  /** Enters the capability where those used least are looked for first; one that is there stays where it is. */
  touchCapBottom(cap: Capability): void {
    this.caps.add(cap);
  }

  touchLease(lease: ClientLease): void {
    this.leases.delete(lease);
    this.leases.add(lease);
  }

  get numCaps(): number {
    return this.caps.size;
  }

  /** Forgets everything but who the client is: it came back after its session was closed. */
  clear(): void {
    this.pendingPreallocInos.clear();
    this.freePreallocInos.clear();
    this.delegatedInos.clear();
    this.info.clearMeta();
    this.capPushSeq = 0;
    this.lastCapRenew = 0;
    this.#updateHumanName();
  }

  /** What was decoded from the store: numbers put aside are free again. */
  adoptInfo(info: SessionInfo): void {
    const own = this.info;
    own.inst = info.inst;
    own.completedRequests = info.completedRequests;
    own.preallocInos = info.preallocInos;
    own.completedFlushes = info.completedFlushes;
    own.authName = info.authName;
    own.clientMetadata = info.clientMetadata;
    this.freePreallocInos.assign(info.preallocInos);
    this.#updateHumanName();
  }
}
