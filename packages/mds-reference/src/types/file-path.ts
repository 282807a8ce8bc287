import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * filepath: an inode and a path below it (`#0x10000000000/a/b`), or a path from the root. An unchanging value.
 * @see src/include/filepath.h (16.2.15)
 */
export class FilePath {
  static readonly EMPTY = new FilePath();

  readonly ino: number;
  /** Without a slash at either end. */
  readonly path: string;
  #bits: readonly string[] | undefined;

  constructor(ino = 0, path = '') {
    this.ino = ino;
    this.path = path;
  }

  /** The names along the path. */
  get bits(): readonly string[] {
    return (this.#bits ??= this.path === '' ? [] : this.path.split('/').filter((bit) => bit !== ''));
  }

  get depth(): number {
    return this.bits.length;
  }

  isEmpty(): boolean {
    return this.path === '' && this.ino === 0;
  }

  /** The last name. @throws RangeError where there is none */
  get lastDentry(): string {
    const last = this.bits.at(-1);
    if (last === undefined) throw new RangeError('The path has no entry');
    return last;
  }

  /** True where a client's path goes into a `.snap` folder, which it writes as an empty name. */
  isLastSnap(): boolean {
    return this.path.endsWith('/') || (this.path.startsWith('/') && this.ino > 0 && this.depth === 0);
  }

  /** The first `depth` names. */
  prefix(depth: number): FilePath {
    return new FilePath(this.ino, this.bits.slice(0, depth).join('/'));
  }

  encode(e: Encoder): void {
    e.u8(1).u64(this.ino).string(this.path);
  }

  static decode(d: Decoder): FilePath {
    const at = d.offset;
    const version = d.u8();
    if (version !== 1 && version !== 2) throw d.error(`filepath version ${version}`, at);
    const ino = d.u64();
    return new FilePath(ino, d.string());
  }

  toString(): string {
    if (this.ino === 0) return this.path;
    return `#0x${this.ino.toString(16)}${this.path === '' ? '' : `/${this.path}`}`;
  }
}
