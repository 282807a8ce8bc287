import type { Decoder, Encoder, Frag } from '@cephts/encoding';
import { decodeS32Set, encodeS32Set } from '@cephts/encoding';
import { REPLY_ENCODING } from './inode-stat.js';

/** Authority of a fragment: the same as its parent's. */
export const CDIR_AUTH_PARENT = -1;
const NO_RANKS: ReadonlySet<number> = new Set();

/**
 * What a reply tells a client about a fragment: which MDS has it.
 * @see src/messages/MClientReply.h DirStat, src/mds/CDir.cc encode_dirstat (16.2.15)
 */
export class DirStat {
  readonly frag: Frag;
  /** Rank, or {@link CDIR_AUTH_PARENT}. */
  readonly auth: number;
  /** Ranks that have replicas. */
  readonly dist: ReadonlySet<number>;

  constructor(frag: Frag = 0, auth: number = CDIR_AUTH_PARENT, dist: ReadonlySet<number> = NO_RANKS) {
    this.frag = frag;
    this.auth = auth;
    this.dist = dist;
  }

  encode(e: Encoder, features: bigint = REPLY_ENCODING): void {
    if (features !== REPLY_ENCODING) {
      this.#encodeFields(e);
      return;
    }
    const mark = e.start(1, 1);
    this.#encodeFields(e);
    e.finish(mark);
  }

  #encodeFields(e: Encoder): void {
    e.u32(this.frag).s32(this.auth);
    if (this.dist.size === 0) e.u32(0);
    else encodeS32Set(e, this.dist);
  }

  static decode(d: Decoder, features: bigint = REPLY_ENCODING): DirStat {
    if (features !== REPLY_ENCODING) return DirStat.#decodeFields(d);
    const frame = d.start(1, 'DirStat');
    const stat = DirStat.#decodeFields(d);
    d.finish(frame, 'DirStat');
    return stat;
  }

  static #decodeFields(d: Decoder): DirStat {
    const frag = d.u32();
    const auth = d.s32();
    return new DirStat(frag, auth, decodeS32Set(d));
  }
}
