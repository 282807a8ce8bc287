import { complete, finishContexts, GatherBuilder } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { Encoder } from '@cephts/encoding';
import type { Frag } from '@cephts/encoding';
import type { CDir } from '../cache/cdir.js';
import type { CInode } from '../cache/cinode.js';
import { C_IO_Wrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { ObjectOperation } from '../store/object-store.js';
import { Anchor } from '../types/anchor.js';
import { encodeOpenFilesHeader, openFilesObject, OpenFileTableLoad } from './open-file-table-load.js';
import type { LoadedTable } from './open-file-table-load.js';

/** Keys in one object at the most. */
const MAX_ITEMS_PER_OBJ = 1024 * 1024;
/** Keys in one operation at the most. */
const MAX_KEYS_PER_OP = 1024;

interface OpenAnchor {
  readonly anchor: Anchor;
  /** Open files and folders below, and open fragments. */
  refs: number;
  /** Object its key is in; −1: none yet. */
  index: number;
}

interface ObjectUpdate {
  set: Map<string, Uint8Array>;
  remove: string[];
  clear: boolean;
}

/**
 * Which files clients hold open, and the folders above them, so that a restarted rank knows what to load before its clients come back.
 * Keys are inode numbers in hex; values tell where each inode hangs.
 *
 * It is written each time the journal is trimmed: a segment is forgotten only when the table is newer than the segment.
 *
 * @see src/mds/OpenFileTable.{h,cc} (16.2.15)
 */
export class OpenFileTable {
  readonly #mds: MDSRank;
  readonly #anchors = new Map<number, OpenAnchor>();
  /** Changed since the last commit, with the object the key was in then (−1: in none). */
  readonly #dirty = new Map<number, number>();
  #omapVersion = 0;
  /** Keys in each object. */
  readonly #counts: number[] = [];
  #committingSeq = 0;
  #committedSeq = 0;
  #pendingCommits = 0;

  /** What the store held at the start; taken over by the first commit. */
  #loaded = new Map<number, OpenAnchor>();
  #loadDone = false;
  readonly #waitForLoad: Completion[] = [];
  readonly #destroyed: { readonly seq: number; readonly inos: readonly number[] }[] = [];

  constructor(mds: MDSRank) {
    this.#mds = mds;
  }

  // ---- what is open

  addInode(inode: CInode): void {
    this.#getRef(inode);
  }
  removeInode(inode: CInode): void {
    this.#putRef(inode);
  }
  addDirfrag(dir: CDir): void {
    this.#getRef(dir.inode, dir.frag);
  }
  removeDirfrag(dir: CDir): void {
    this.#putRef(dir.inode, dir.frag);
  }
  /** Is the inode, or something below it, in the table? */
  isTracked(ino: number): boolean {
    return this.#anchors.has(ino);
  }

  anchorOf(ino: number): Readonly<Anchor> | undefined {
    return this.#anchors.get(ino)?.anchor;
  }

  /** Must the journal say that the inode is open, since neither it nor the stored table does? */
  shouldLogOpen(inode: CInode): boolean {
    if (!this.#anchors.has(inode.ino)) return true;
    return inode.lastJournaled < this.#committingSeq && this.#dirty.has(inode.ino);
  }

  /** An inode of the table was linked in a folder. */
  notifyLink(inode: CInode): void {
    const open = this.#anchors.get(inode.ino);
    const dn = inode.getParentDn();
    if (!open || !dn) return;
    open.anchor.dirino = dn.dir.inode.ino;
    open.anchor.dName = dn.name;
    this.#markDirty(inode.ino, open);
    this.#getRef(dn.dir.inode);
  }

  /** An inode of the table is about to be unlinked. */
  notifyUnlink(inode: CInode): void {
    const open = this.#anchors.get(inode.ino);
    const dn = inode.getParentDn();
    if (!open || !dn) return;
    open.anchor.dirino = 0;
    open.anchor.dName = '';
    this.#markDirty(inode.ino, open);
    this.#putRef(dn.dir.inode);
  }

  #markDirty(ino: number, open: OpenAnchor): void {
    if (!this.#dirty.has(ino)) this.#dirty.set(ino, open.index);
  }

  /** Each inode in the table holds a reference on the folder it hangs in. */
  #getRef(inode: CInode, frag?: Frag): void {
    for (let at: CInode | undefined = inode; at; frag = undefined) {
      const open = this.#anchors.get(at.ino);
      if (open) {
        open.refs++;
        if (frag !== undefined) {
          open.anchor.frags.add(frag);
          this.#markDirty(at.ino, open);
        }
        return;
      }
      const dn = at.getParentDn();
      const anchor = new Anchor();
      anchor.ino = at.ino;
      anchor.dirino = dn?.dir.inode.ino ?? 0;
      anchor.dName = dn?.name ?? '';
      anchor.dType = (at.inode.mode >> 12) & 0xf;
      if (frag !== undefined) anchor.frags.add(frag);
      // closed and opened again between two commits: the key is still there
      const fresh: OpenAnchor = { anchor, refs: 1, index: this.#dirty.get(at.ino) ?? -1 };
      this.#anchors.set(at.ino, fresh);
      this.#markDirty(at.ino, fresh);
      at = dn?.dir.inode;
    }
  }

  #putRef(inode: CInode, frag?: Frag): void {
    for (let at: CInode | undefined = inode; at; frag = undefined) {
      const open = this.#anchors.get(at.ino);
      if (!open) return;
      if (--open.refs > 0) {
        if (frag !== undefined && open.anchor.frags.delete(frag)) this.#markDirty(at.ino, open);
        return;
      }
      this.#anchors.delete(at.ino);
      if (open.index < 0) this.#dirty.delete(at.ino);
      else this.#dirty.set(at.ino, open.index);
      at = at.getParentDn()?.dir.inode;
    }
  }

  // ---- committing

  isAnyDirty(): boolean {
    return this.#dirty.size > 0;
  }
  isAnyCommitting(): boolean {
    return this.#pendingCommits > 0;
  }
  getCommittedLogSeq(): number {
    return this.#committedSeq;
  }
  getCommittingLogSeq(): number {
    return this.#committingSeq;
  }

  /** Writes what changed; the table is then as new as the journal segment `logSeq`. */
  commit(onFinish: Completion | undefined, logSeq: number): void {
    const mds = this.#mds;
    this.#pendingCommits++;
    this.#committingSeq = logSeq;
    this.#omapVersion++;
    const updates = this.#collect();
    const gather = new GatherBuilder(
      new C_IO_Wrapper(mds, (r) => {
        this.#pendingCommits--;
        if (r < 0) {
          mds.handleWriteError(r);
          return;
        }
        if (logSeq > this.#committedSeq) this.#committedSeq = logSeq;
        if (onFinish !== undefined) complete(onFinish, r);
      }),
    );
    // object 0 last: its header says how many there are
    for (let index = updates.length - 1; index >= 0; index--) this.#write(index, updates[index], gather);
    gather.activate();
  }

  #collect(): (ObjectUpdate | undefined)[] {
    const updates: (ObjectUpdate | undefined)[] = [];
    const update = (index: number): ObjectUpdate => (updates[index] ??= { set: new Map(), remove: [], clear: false });
    if (this.#counts.length === 0) {
      this.#counts.push(0);
      update(0).clear = true;
    }
    for (const [ino, before] of this.#dirty) {
      const open = this.#anchors.get(ino);
      const loaded = this.#loaded.get(ino);
      this.#loaded.delete(ino);
      const key = ino.toString(16);
      if (!open) {
        this.#counts[before] = Math.max(0, (this.#counts[before] ?? 0) - 1);
        update(before).remove.push(key);
        continue;
      }
      if (open.index < 0) open.index = loaded?.index ?? this.#freeObject(update);
      update(open.index).set.set(key, encodeAnchor(open.anchor));
    }
    this.#dirty.clear();
    // what was open before the restart and is not any more
    for (const [ino, loaded] of this.#loaded) {
      this.#counts[loaded.index] = Math.max(0, (this.#counts[loaded.index] ?? 0) - 1);
      update(loaded.index).remove.push(ino.toString(16));
    }
    this.#loaded.clear();
    update(0);
    return updates;
  }

  #freeObject(update: (index: number) => ObjectUpdate): number {
    let index = this.#counts.findIndex((count) => count < MAX_ITEMS_PER_OBJ);
    if (index < 0) {
      index = this.#counts.push(0) - 1;
      update(index).clear = true;
    }
    (this.#counts[index] as number)++;
    return index;
  }

  #write(index: number, update: ObjectUpdate | undefined, gather: GatherBuilder): void {
    if (!update) return;
    const { objecter, whoami, metadataPool: pool } = this.#mds;
    const oid = openFilesObject(whoami, index);
    let op = new ObjectOperation();
    let keys = 0;
    const send = (): void => {
      objecter.operate(oid, { pool }, op, gather.newSub());
      op = new ObjectOperation();
      keys = 0;
    };
    if (update.clear) op.omapClear();
    if (update.remove.length > 0) op.omapRmKeys(update.remove);
    let values = new Map<string, Uint8Array>();
    for (const [key, value] of update.set) {
      values.set(key, value);
      if (++keys < MAX_KEYS_PER_OP) continue;
      op.omapSet(values);
      values = new Map();
      send();
    }
    if (values.size > 0) op.omapSet(values);
    op.omapSetHeader(encodeOpenFilesHeader(this.#omapVersion, this.#counts.length));
    if (op.steps.length > 0) send();
  }

  // ---- loading

  isLoaded(): boolean {
    return this.#loadDone;
  }

  waitForLoad(completion: Completion): void {
    if (this.#loadDone) complete(completion, 0);
    else this.#waitForLoad.push(completion);
  }

  /** Reads the table. One that is missing or makes no sense counts as empty: it only saves work. */
  load(onFinish?: Completion): void {
    if (onFinish !== undefined) this.#waitForLoad.push(onFinish);
    new OpenFileTableLoad(this.#mds, (table) => this.#loadFinished(table)).start();
  }

  /** @param table undefined: the first commit writes everything anew */
  #loadFinished(table: LoadedTable | undefined): void {
    if (table) {
      this.#omapVersion = table.version;
      for (let index = 0; index < table.objects; index++) this.#counts[index] = 0;
      for (const [ino, { anchor, index }] of table.anchors) {
        this.#loaded.set(ino, { anchor, refs: 0, index });
        this.#counts[index] = (this.#counts[index] ?? 0) + 1;
      }
    }
    this.#loadDone = true;
    finishContexts(this.#waitForLoad);
  }

  /** Inodes that were open before the restart, by number. */
  get loadedAnchors(): ReadonlyMap<number, Anchor> {
    return new Map([...this.#loaded].map(([ino, { anchor }]) => [ino, anchor]));
  }

  /** The way from an inode to the top, as far as the table knows: the folder it hangs in first. */
  getAncestors(ino: number): { dirino: number; dName: string; dType: number }[] {
    const ancestors: { dirino: number; dName: string; dType: number }[] = [];
    for (let at = this.#loaded.get(ino); at && at.anchor.dirino !== 0; at = this.#loaded.get(at.anchor.dirino)) {
      const { dirino, dName, dType } = at.anchor;
      ancestors.push({ dirino, dName, dType });
      if (ancestors.length > this.#loaded.size) break;
    }
    return ancestors;
  }

  /** Inodes a replayed segment destroyed: they are not looked for. */
  noteDestroyedInos(seq: number, inos: readonly number[]): void {
    this.#destroyed.push({ seq, inos });
  }
  trimDestroyedInos(seq: number): void {
    while ((this.#destroyed[0]?.seq ?? Infinity) < seq) this.#destroyed.shift();
  }
  isDestroyed(ino: number): boolean {
    return this.#destroyed.some(({ inos }) => inos.includes(ino));
  }
}

function encodeAnchor(anchor: Anchor): Uint8Array {
  const e = new Encoder(64);
  anchor.encode(e);
  // where the fragments were before they became part of the anchor
  return e.u32(0).toBytes();
}
