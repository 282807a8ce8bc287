/** What a capability needs from the session that holds it. */
export interface CapabilitySession {
  /** The client's number. */
  getClient(): number;
  isStale(): boolean;
  /** Grows whenever all caps of the session were declared void. */
  capGen: number;
  /** Enters the session's list of caps, in front (notable) or at its end. */
  touchCap(cap: Capability): void;
  touchCapBottom(cap: Capability): void;
}

/** What a capability needs from its inode. */
export interface CapabilityInode {
  adjustNumCapsNotable(by: number): void;
}

interface RevokeInfo {
  /** Caps before the revocation. */
  before: number;
  /** Sequence number of the message before it. */
  seq: number;
  lastIssue: number;
}

const STATE_NOTABLE = 1;
const STATE_NEW = 2;
const STATE_IMPORTING = 4;
const STATE_NEEDSNAPFLUSH = 8;
const STATE_CLIENTWRITEABLE = 16;

/** CEPH_CAP_ANY_WR | CEPH_CAP_FILE_WR | CEPH_CAP_FILE_RD: wanting one of these makes a cap notable. */
const CAP_AX = 2 << 2;
const CAP_LX = 2 << 4;
const CAP_XX = 2 << 6;
const CAP_FX = 2 << 8;
const CAP_FR = 8 << 8;
const CAP_FW = 16 << 8;
const CAP_FB = 32 << 8;
const CAP_FA = 64 << 8;
const WANTED_NOTABLE = CAP_AX | CAP_LX | CAP_XX | CAP_FX | CAP_FW | CAP_FB | CAP_FA | CAP_FR;

/** Compares sequence numbers that wrap at 2^32: negative when `a` is older. */
export function cephSeqCmp(a: number, b: number): number {
  return (a - b) | 0;
}

/**
 * What one client may do with one inode without asking: caps it has been issued, caps that are pending (granted by the last message),
 * revocations on their way, and what it wants.
 *
 * @see src/mds/Capability.h (16.2.15)
 */
export class Capability {
  readonly inode: CapabilityInode;
  readonly session: CapabilitySession;
  capId: number;
  /** Seen by the client: migration sequence number, 0 with a single rank. */
  mseq = 0;
  clientFollows = 0n;
  clientXattrVersion = 0;
  clientInlineVersion = 0n;
  lastRbytes = -1;
  lastRsize = -1;
  /** Monotonic ms. */
  lastIssueStamp = 0;
  lastRevokeStamp = 0;
  numRevokeWarnings = 0;

  #capGen: number;
  #wanted = 0;
  #pending = 0;
  #issued = 0;
  #revokes: RevokeInfo[] = [];
  #lastSent = 0;
  #lastIssue = 0;
  #suppress = 0;
  #state = 0;
  #onSettled: ((cap: Capability) => void) | undefined;

  constructor(inode: CapabilityInode, session: CapabilitySession, capId: number) {
    this.inode = inode;
    this.session = session;
    this.capId = capId;
    this.#capGen = session.isStale() ? session.capGen - 1 : session.capGen;
    session.touchCapBottom(this);
  }

  get client(): number {
    return this.session.getClient();
  }

  // -- issued, pending, revoking --

  get pending(): number {
    return this.#pending;
  }

  get issued(): number {
    return this.#issued;
  }

  get revoking(): number {
    return this.#issued & ~this.#pending;
  }

  /** Sets the pending caps, remembering what is revoked by that. @returns sequence number for the message */
  issue(caps: number, revalidate = false): number {
    if (revalidate) this.#revalidate();
    if (this.#pending & ~caps) {
      this.#revokes.push({ before: this.#pending, seq: this.#lastSent, lastIssue: this.#lastIssue });
      this.#pending = caps;
      this.#issued |= caps;
      if (!this.isNotable()) this.#markNotable();
    } else if (~this.#pending & caps) {
      this.#pending |= caps;
      this.#issued |= caps;
      const revokes = this.#revokes;
      while (revokes.length > 0 && ((revokes[revokes.length - 1] as RevokeInfo).before & ~this.#pending) === 0) revokes.pop();
    }
    return ++this.#lastSent;
  }

  /** Adds caps and revokes none. @returns sequence number for the message */
  issueNorevoke(caps: number, revalidate = false): number {
    if (revalidate) this.#revalidate();
    this.#pending |= caps;
    this.#issued |= caps;
    this.clearNew();
    return ++this.#lastSent;
  }

  /** The client says that, as of message `seq`, it holds `caps`. @returns caps it gave up that were being revoked */
  confirmReceipt(seq: number, caps: number): number {
    const wasRevoking = this.#issued & ~this.#pending;
    if (seq === this.#lastSent) {
      this.#revokes.length = 0;
      this.#issued = caps;
      this.#pending &= caps;
    } else {
      const revokes = this.#revokes;
      while (revokes.length > 0 && (revokes[0] as RevokeInfo).seq < seq) revokes.shift();
      const first = revokes[0];
      if (first) {
        if (first.seq === seq) first.before = caps;
        this.#calcIssued();
      } else {
        this.#issued = caps | this.#pending;
      }
    }
    if (wasRevoking && this.#issued === this.#pending) this.#settled();
    return wasRevoking & ~this.#issued;
  }

  /** A release that names issue `lastIssue` crossed revocations the client will never answer: forget them. */
  cleanRevokeFrom(lastIssue: number): void {
    const revokes = this.#revokes;
    let changed = false;
    while (revokes.length > 0 && (revokes[0] as RevokeInfo).lastIssue <= lastIssue) {
      revokes.shift();
      changed = true;
    }
    if (!changed) return;
    const wasRevoking = this.revoking !== 0;
    this.#calcIssued();
    if (wasRevoking && this.#issued === this.#pending) this.#settled();
  }

  /** Takes the client's answer to all revocations for granted. */
  revoke(): number {
    return this.revoking ? this.confirmReceipt(this.#lastSent, this.#pending) : 0;
  }

  /** Called once when nothing is being revoked any more. */
  onceSettled(callback: (cap: Capability) => void): void {
    this.#onSettled = callback;
  }

  /** Takes over what the client says it holds after a restart of the MDS. */
  merge(wanted: number, issued: number): void {
    const newPending = this.#pending;
    this.issue(issued & ~newPending ? issued | newPending : newPending);
    this.setWanted(this.#wanted | wanted);
  }

  // -- sequence numbers --

  get lastSeq(): number {
    return this.#lastSent;
  }

  incLastSeq(): void {
    this.#lastSent++;
  }

  get lastIssue(): number {
    return this.#lastIssue;
  }

  setLastIssue(): void {
    this.#lastIssue = this.#lastSent;
  }

  resetSeq(): void {
    this.#lastSent = 0;
    this.#lastIssue = 0;
  }

  // -- wanted --

  get wanted(): number {
    return this.#wanted;
  }

  setWanted(wanted: number): void {
    const was = (this.#wanted & WANTED_NOTABLE) !== 0;
    const is = (wanted & WANTED_NOTABLE) !== 0;
    this.#wanted = wanted;
    if (!was && is) {
      this.inode.adjustNumCapsNotable(1);
      if (!this.isNotable()) this.#markNotable();
    } else if (was && !is) {
      this.inode.adjustNumCapsNotable(-1);
      this.#maybeClearNotable();
    }
  }

  isWantedNotable(): boolean {
    return (this.#wanted & WANTED_NOTABLE) !== 0;
  }

  // -- state --

  /** While suppressed, grants aren't sent: they go with a request's reply. */
  isSuppress(): boolean {
    return this.#suppress > 0;
  }

  incSuppress(): void {
    this.#suppress++;
  }

  decSuppress(): void {
    this.#suppress--;
  }

  isNotable(): boolean {
    return (this.#state & STATE_NOTABLE) !== 0;
  }

  isStale(): boolean {
    return this.session.isStale();
  }

  isValid(): boolean {
    return this.session.capGen === this.#capGen;
  }

  isNew(): boolean {
    return (this.#state & STATE_NEW) !== 0;
  }

  markNew(): void {
    this.#state |= STATE_NEW;
  }

  clearNew(): void {
    this.#state &= ~STATE_NEW;
  }

  isImporting(): boolean {
    return (this.#state & STATE_IMPORTING) !== 0;
  }

  markImporting(): void {
    this.#state |= STATE_IMPORTING;
  }

  clearImporting(): void {
    this.#state &= ~STATE_IMPORTING;
  }

  needSnapflush(): boolean {
    return (this.#state & STATE_NEEDSNAPFLUSH) !== 0;
  }

  clearNeedsnapflush(): void {
    this.#state &= ~STATE_NEEDSNAPFLUSH;
  }

  isClientwriteable(): boolean {
    return (this.#state & STATE_CLIENTWRITEABLE) !== 0;
  }

  markClientwriteable(): void {
    if (this.isClientwriteable()) return;
    this.#state |= STATE_CLIENTWRITEABLE;
    if (!this.isNotable()) this.#markNotable();
  }

  clearClientwriteable(): void {
    if (!this.isClientwriteable()) return;
    this.#state &= ~STATE_CLIENTWRITEABLE;
    this.#maybeClearNotable();
  }

  #settled(): void {
    this.#maybeClearNotable();
    const callback = this.#onSettled;
    this.#onSettled = undefined;
    callback?.(this);
  }

  #calcIssued(): void {
    this.#issued = this.#pending;
    for (const revoke of this.#revokes) this.#issued |= revoke.before;
  }

  #revalidate(): void {
    this.#capGen = this.session.capGen;
  }

  #markNotable(): void {
    this.#state |= STATE_NOTABLE;
    this.session.touchCap(this);
  }

  #maybeClearNotable(): void {
    if (this.#issued !== this.#pending || this.isClientwriteable() || this.isWantedNotable() || !this.isNotable()) return;
    this.#state &= ~STATE_NOTABLE;
    this.session.touchCapBottom(this);
  }
}
