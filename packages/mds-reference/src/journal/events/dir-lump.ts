import type { Decoder, Encoder } from '@cephts/encoding';
import { Fnode } from '../../types/fnode.js';
import { FullBit, NullBit, RemoteBit } from './meta-bits.js';

export const DIRLUMP_COMPLETE = 1 << 1;
/** Dirty because of this very event. */
export const DIRLUMP_DIRTY = 1 << 2;
export const DIRLUMP_NEW = 1 << 3;
export const DIRLUMP_IMPORTING = 1 << 4;
/** The folder's fragment tree is dirty. */
export const DIRLUMP_DIRTYDFT = 1 << 5;

/**
 * EMetaBlob::dirlump: a fragment of a folder, and what the event says of its dentries. The dentries are decoded when they are asked for;
 * a lump that was read and not asked goes out as the bytes that came in.
 *
 * @see src/mds/events/EMetaBlob.h (16.2.15)
 */
export class DirLump {
  fnode: Fnode;
  /** DIRLUMP_… */
  state = 0;
  #full: FullBit[] = [];
  #remote: RemoteBit[] = [];
  #null: NullBit[] = [];
  /** Dentries not decoded yet, and how many of each kind they claim to be. */
  #raw: Decoder | undefined;
  #counts: readonly [full: number, remote: number, nulls: number] = [0, 0, 0];

  constructor(fnode = new Fnode()) {
    this.fnode = fnode;
  }

  get full(): FullBit[] {
    this.#decodeBits();
    return this.#full;
  }
  get remote(): RemoteBit[] {
    this.#decodeBits();
    return this.#remote;
  }
  get nulls(): NullBit[] {
    this.#decodeBits();
    return this.#null;
  }

  /** Number of null dentries, known without decoding them. */
  get numNull(): number {
    return this.#raw ? this.#counts[2] : this.#null.length;
  }

  get isComplete(): boolean {
    return (this.state & DIRLUMP_COMPLETE) !== 0;
  }
  get isDirty(): boolean {
    return (this.state & DIRLUMP_DIRTY) !== 0;
  }
  get isNew(): boolean {
    return (this.state & DIRLUMP_NEW) !== 0;
  }
  get isImporting(): boolean {
    return (this.state & DIRLUMP_IMPORTING) !== 0;
  }
  get isDirtyDft(): boolean {
    return (this.state & DIRLUMP_DIRTYDFT) !== 0;
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(2, 2);
    this.fnode.encode(e);
    e.u32(this.state);
    if (this.#raw) {
      const [full, remote, nulls] = this.#counts;
      e.u32(full).u32(remote).u32(nulls).blob(this.#raw.peekRest());
    } else {
      const full = this.#full;
      const remote = this.#remote;
      const nulls = this.#null;
      e.u32(full.length).u32(remote.length).u32(nulls.length).u32(0);
      const begin = e.length;
      e.u32(full.length);
      for (let i = 0; i < full.length; i++) (full[i] as FullBit).encode(e, features);
      e.u32(remote.length);
      for (let i = 0; i < remote.length; i++) (remote[i] as RemoteBit).encode(e);
      e.u32(nulls.length);
      for (let i = 0; i < nulls.length; i++) (nulls[i] as NullBit).encode(e);
      e.finish(begin);
    }
    e.finish(mark);
  }

  static decode(d: Decoder): DirLump {
    const frame = d.start(2, 'EMetaBlob::dirlump');
    const lump = new DirLump(Fnode.decode(d));
    lump.state = d.u32();
    lump.#counts = [d.u32(), d.u32(), d.u32()];
    lump.#raw = d.part(d.u32(), 'EMetaBlob::dirlump');
    d.finish(frame, 'EMetaBlob::dirlump');
    return lump;
  }

  #decodeBits(): void {
    const d = this.#raw;
    if (!d) return;
    const full = d.list(FullBit.decode, 6);
    const remote = d.list(RemoteBit.decode, 6);
    const nulls = d.list(NullBit.decode, 6);
    this.#full = full;
    this.#remote = remote;
    this.#null = nulls;
    this.#raw = undefined;
  }
}
