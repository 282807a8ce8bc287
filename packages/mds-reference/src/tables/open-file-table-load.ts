import { complete, ERRNO, GatherBuilder } from '@cephts/common';
import { Decoder, Encoder } from '@cephts/encoding';
import { C_IO_Wrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { ObjectOperation } from '../store/object-store.js';
import { Anchor } from '../types/anchor.js';
import { CEPH_FS_ONDISK_MAGIC } from '../types/ceph-fs.js';

/** Keys under which a change that takes several operations is noted first. */
const JOURNAL_PREFIX = '_journal.';
const MAX_OBJECTS = 1024;

/** Of the table's own journal: there is none; it is being written and counts for nothing; it is whole and is to be applied. */
const JOURNAL_NONE = 0;
const JOURNAL_FINISH = 2;

/** An inode that was open, and the object its key is in. */
export interface LoadedAnchor {
  readonly anchor: Anchor;
  readonly index: number;
}

/** What the stored table says. */
export interface LoadedTable {
  version: number;
  /** Objects it is spread over. */
  objects: number;
  anchors: Map<number, LoadedAnchor>;
}

/** Name of one of the table's objects. */
export function openFilesObject(rank: number, index: number): string {
  return `mds${rank}_openfiles.${index.toString(16)}`;
}

export function encodeOpenFilesHeader(version: number, objects: number, journal: number = JOURNAL_NONE): Uint8Array {
  const e = new Encoder(64).string(CEPH_FS_ONDISK_MAGIC);
  const mark = e.start(1, 1);
  e.u64(version).u32(objects).u8(journal);
  return e.finish(mark).toBytes();
}

/**
 * Reads the stored table of open files. Where Ceph left a journal of it, that is applied, and stored where it belongs.
 *
 * @see OpenFileTable::_load_finish in src/mds/OpenFileTable.cc (16.2.15)
 */
export class OpenFileTableLoad {
  readonly #mds: MDSRank;
  readonly #onLoaded: (table: LoadedTable | undefined) => void;
  readonly #table: LoadedTable = { version: 0, objects: 0, anchors: new Map() };
  /** Entries of the journals, by object and key. */
  readonly #journals = new Map<number, Map<string, Uint8Array>>();
  #journalState = JOURNAL_NONE;

  /** @param onLoaded told undefined where there is no table, or where it makes no sense */
  constructor(mds: MDSRank, onLoaded: (table: LoadedTable | undefined) => void) {
    this.#mds = mds;
    this.#onLoaded = onLoaded;
  }

  start(): void {
    this.#loadPage(0, '');
  }

  #loadPage(index: number, startAfter: string): void {
    const mds = this.#mds;
    const op = new ObjectOperation();
    const header = startAfter === '' ? op.omapGetHeader() : undefined;
    const page = op.omapGetVals(startAfter);
    const finish = (r: number): void => {
      if (r < 0) {
        if (r !== -ERRNO.ENOENT) mds.clog('error', `failed to load the open file table, errno ${r}`);
        this.#onLoaded(undefined);
        return;
      }
      const vals = page.value?.vals ?? new Map<string, Uint8Array>();
      try {
        if (header) this.#decodeHeader(header.value as Uint8Array);
        this.#decodeValues(index, vals);
        const last = [...vals.keys()].pop();
        if (page.value?.more && last !== undefined) this.#loadPage(index, last);
        else if (index + 1 < this.#table.objects) this.#loadPage(index + 1, '');
        else this.#recover();
      } catch (error) {
        mds.clog('warn', `the open file table makes no sense: ${(error as Error).message}`);
        this.#onLoaded(undefined);
      }
    };
    mds.objecter.operate(openFilesObject(mds.whoami, index), { pool: mds.metadataPool }, op, new C_IO_Wrapper(mds, finish));
  }

  /** Each object has a header of when it was last written: the newest counts. */
  #decodeHeader(bytes: Uint8Array): void {
    const d = new Decoder(bytes, 'OpenFileTable header');
    const magic = d.string();
    if (magic !== CEPH_FS_ONDISK_MAGIC) throw d.error(`the magic is '${magic}'`);
    const frame = d.start(1);
    const version = d.u64();
    const objects = d.u32();
    const state = d.u8();
    d.finish(frame);
    if (objects > MAX_OBJECTS) throw d.error(`${objects} objects claimed`);
    if (state > JOURNAL_FINISH) throw d.error(`unknown state ${state} of its journal`);
    if (version > this.#table.version) {
      Object.assign(this.#table, { version, objects });
      this.#journalState = state;
    } else if (version === this.#table.version && state > this.#journalState) this.#journalState = state;
  }

  #decodeValues(index: number, vals: ReadonlyMap<string, Uint8Array>): void {
    for (const [key, value] of vals) {
      if (!key.startsWith(JOURNAL_PREFIX)) {
        this.#setAnchor(index, key, value);
        continue;
      }
      const journal = this.#journals.get(index) ?? new Map<string, Uint8Array>();
      this.#journals.set(index, journal.set(key, value));
    }
  }

  #setAnchor(index: number, key: string, value: Uint8Array): void {
    const anchor = Anchor.decode(new Decoder(value, 'OpenFileTable value'));
    if (anchor.ino.toString(16) !== key) throw new RangeError(`key ${key} has the anchor of 0x${anchor.ino.toString(16)}`);
    this.#table.anchors.set(anchor.ino, { anchor, index });
  }

  /** Carries out what the journals say, where they are whole, and removes them. */
  #recover(): void {
    const mds = this.#mds;
    if (this.#journals.size === 0) {
      this.#onLoaded(this.#table);
      return;
    }
    const gather = new GatherBuilder(new C_IO_Wrapper(mds, (r) => this.#onLoaded(r < 0 ? undefined : this.#table)));
    for (const [index, journal] of this.#journals) {
      for (const entry of journal.values()) {
        const change = this.#journalState === JOURNAL_FINISH ? this.#applyEntry(index, entry) : undefined;
        if (change) this.#operate(index, change, gather);
      }
      const { version, objects } = this.#table;
      const state = this.#journalState === JOURNAL_FINISH ? JOURNAL_FINISH : JOURNAL_NONE;
      const end = new ObjectOperation().omapSetHeader(encodeOpenFilesHeader(version, objects, state)).omapRmKeys(journal.keys());
      this.#operate(index, end, gather);
    }
    gather.activate();
  }

  #operate(index: number, op: ObjectOperation, gather: GatherBuilder): void {
    const { objecter, whoami, metadataPool: pool } = this.#mds;
    const sub = gather.newSub();
    objecter.operate(openFilesObject(whoami, index), { pool }, op, (r) => complete(sub, r));
  }

  /** @returns undefined for an entry of a commit that is over */
  #applyEntry(index: number, bytes: Uint8Array): ObjectOperation | undefined {
    const d = new Decoder(bytes, 'OpenFileTable journal');
    if (d.u64() !== this.#table.version) return undefined;
    const set = d.map(
      () => d.string(),
      () => d.blob(),
    );
    const gone = d.list(() => d.string());
    for (const [key, value] of set) this.#setAnchor(index, key, value);
    for (const key of gone) this.#table.anchors.delete(Number.parseInt(key, 16));
    const op = new ObjectOperation();
    if (set.size > 0) op.omapSet(set);
    if (gone.length > 0) op.omapRmKeys(gone);
    return op.steps.length > 0 ? op : undefined;
  }
}
