import { complete } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { Decoder, Encoder } from '@cephts/encoding';
import { C_IO_Wrapper } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { ObjectOperation } from '../store/object-store.js';

interface SaveWaiter {
  readonly version: number;
  readonly completion: Completion;
}

/**
 * A small table kept whole in memory and stored as one object: its version, then what the subclass encodes. A version is projected when a
 * change is journaled, becomes current when the journal entry is safe, and is committed when the object is written.
 *
 * @see src/mds/MDSTable.{h,cc} (16.2.15)
 */
export abstract class MDSTable {
  protected readonly mds: MDSRank;
  /** As in `mds0_inotable`. */
  readonly tableName: string;
  readonly #perMds: boolean;
  protected rank = -1;
  version = 0;
  projectedVersion = 0;
  committingVersion = 0;
  committedVersion = 0;
  #state: 'undef' | 'opening' | 'active' = 'undef';
  readonly #waitForSave: SaveWaiter[] = [];

  constructor(mds: MDSRank, tableName: string, perMds: boolean) {
    this.mds = mds;
    this.tableName = tableName;
    this.#perMds = perMds;
  }

  protected abstract resetState(): void;
  protected abstract encodeState(e: Encoder): void;
  protected abstract decodeState(d: Decoder): void;

  setRank(rank: number): void {
    this.rank = rank;
  }

  isActive(): boolean {
    return this.#state === 'active';
  }

  get objectName(): string {
    return this.#perMds ? `mds${this.rank}_${this.tableName}` : `mds_${this.tableName}`;
  }

  /** An empty table. */
  reset(): void {
    this.resetState();
    this.projectedVersion = this.version;
    this.#state = 'active';
  }

  /** The object's bytes. */
  encode(e: Encoder): void {
    e.u64(this.version);
    this.encodeState(e);
  }

  /** @throws DecodeError */
  decode(d: Decoder): void {
    const version = d.u64();
    this.decodeState(d);
    d.expectEnd();
    this.version = this.projectedVersion = this.committingVersion = this.committedVersion = version;
  }

  /** Reads the object; completes with -EINVAL where it makes no sense. */
  load(onFinish: Completion): void {
    const { mds } = this;
    this.#state = 'opening';
    const op = new ObjectOperation();
    const data = op.read();
    mds.objecter.operate(
      this.objectName,
      { pool: mds.metadataPool },
      op,
      new C_IO_Wrapper(mds, (r) => {
        if (r >= 0) r = this.#decodeObject(data.value as Uint8Array);
        else mds.clog('error', `error reading table object '${this.objectName}' ${r}`);
        complete(onFinish, r);
      }),
    );
  }

  #decodeObject(bytes: Uint8Array): number {
    try {
      this.decode(new Decoder(bytes, this.objectName));
      this.#state = 'active';
      return 0;
    } catch (error) {
      this.mds.clog('error', `error decoding table object '${this.objectName}': ${(error as Error).message}`);
      return -22;
    }
  }

  /**
   * Writes the object as of the current version.
   * @param needVersion a version that is on its way already is just waited for
   */
  save(onFinish?: Completion, needVersion = 0): void {
    if (needVersion > 0 && needVersion <= this.committingVersion) {
      if (onFinish !== undefined) this.#waitForSave.push({ version: needVersion, completion: onFinish });
      return;
    }
    const { mds } = this;
    const version = (this.committingVersion = this.version);
    if (onFinish !== undefined) this.#waitForSave.push({ version, completion: onFinish });
    const e = new Encoder();
    this.encode(e);
    const op = new ObjectOperation().writeFull(e.view());
    mds.objecter.operate(this.objectName, { pool: mds.metadataPool }, op, new C_IO_Wrapper(mds, (r) => this.#saved(r, version)));
  }

  #saved(r: number, version: number): void {
    if (r < 0) {
      this.mds.clog('error', `failed to store table ${this.objectName}, errno ${r}`);
      this.mds.handleWriteError(r);
      return;
    }
    if (version > this.committedVersion) this.committedVersion = version;
    const done = this.#waitForSave.filter((waiter) => waiter.version <= version);
    for (const waiter of done) this.#waitForSave.splice(this.#waitForSave.indexOf(waiter), 1);
    for (const waiter of done) complete(waiter.completion, 0);
  }
}
