import type { Decoder } from './decoder.js';
import type { Encoder } from './encoder.js';
import type { Frag } from './frag.js';
import { fragBits, fragToString } from './frag.js';

/**
 * dirfrag_t: one fragment of one directory. An unchanging value.
 * @see src/mds/mdstypes.h (16.2.15)
 */
export class DirFrag {
  readonly ino: number;
  readonly frag: Frag;

  constructor(ino = 0, frag: Frag = 0) {
    this.ino = ino;
    this.frag = frag;
  }

  equals(other: DirFrag): boolean {
    return this.ino === other.ino && this.frag === other.frag;
  }

  encode(e: Encoder): void {
    e.u64(this.ino).u32(this.frag);
  }

  static decode(d: Decoder): DirFrag {
    const ino = d.u64();
    return new DirFrag(ino, d.u32());
  }

  toString(): string {
    return `0x${this.ino.toString(16)}${fragBits(this.frag) === 0 ? '' : `.${fragToString(this.frag)}`}`;
  }
}
