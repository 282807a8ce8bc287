import { CEPH_CAP_PIN } from '../types/caps.js';

/** A capability this client holds on one inode. */
export interface ClientCap {
  ino: number;
  capId: number;
  issued: number;
  wanted: number;
  seq: number;
  /** Sequence of the last grant that came with a reply; a release names it. */
  issueSeq: number;
  mseq: number;
  realm: number;
  /** The MDS tells xattrs once for a cap, and again when they change: what it told last. */
  xattrs: ReadonlyMap<string, Uint8Array> | undefined;
}

/** One entry of an MClientCapRelease. */
export interface CapReleaseItem {
  ino: number;
  capId: number;
  migrateSeq: number;
  seq: number;
}

/**
 * The capabilities of one session, oldest use first. This client caches nothing, so it gives back at once what it is asked for, and lets the
 * oldest go when it holds many.
 */
export class CapTable {
  readonly #caps = new Map<number, ClientCap>();
  readonly #limit: number;
  #releases: CapReleaseItem[] = [];

  /** @param limit capabilities kept; beyond that the least recently granted are released */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#caps.size;
  }

  get(ino: number): ClientCap | undefined {
    return this.#caps.get(ino);
  }

  all(): IterableIterator<ClientCap> {
    return this.#caps.values();
  }

  /** Notes what a reply granted. */
  grant(cap: ClientCap): void {
    const known = this.#caps.get(cap.ino);
    if (known && known.capId === cap.capId) {
      if (cap.seq >= known.seq) Object.assign(known, cap);
      this.#caps.delete(cap.ino);
      this.#caps.set(cap.ino, known);
      return;
    }
    this.#caps.set(cap.ino, cap);
    if (this.#caps.size <= this.#limit) return;
    const [oldest] = this.#caps.values();
    if (oldest) this.release(oldest.ino);
  }

  /** Lets a capability go; the MDS is told with the next batch of releases. */
  release(ino: number): void {
    const cap = this.#caps.get(ino);
    if (!cap) return;
    this.#caps.delete(ino);
    this.#releases.push({ ino, capId: cap.capId, migrateSeq: cap.mseq, seq: cap.issueSeq });
  }

  /** Notes that a cap this table does not know came: it is to be released. */
  refuse(item: CapReleaseItem): void {
    this.#releases.push(item);
  }

  forget(ino: number): void {
    this.#caps.delete(ino);
  }

  /** How many releases wait to be told. */
  get releasesPending(): number {
    return this.#releases.length;
  }

  takeReleases(): CapReleaseItem[] {
    const items = this.#releases;
    this.#releases = [];
    return items;
  }

  /** Gives up all but the pin, to be told with a request on the inode; undefined where nothing is held beyond that. */
  drop(ino: number): ClientCap | undefined {
    const cap = this.#caps.get(ino);
    if (!cap || (cap.issued === CEPH_CAP_PIN && cap.wanted === 0)) return undefined;
    cap.issued = CEPH_CAP_PIN;
    cap.wanted = 0;
    return cap;
  }

  clear(): void {
    this.#caps.clear();
    this.#releases = [];
  }
}
