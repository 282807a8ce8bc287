import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * inode_backpointer_t: one step towards the root. An unchanging value.
 * @see src/mds/inode_backtrace.{h,cc} (16.2.15)
 */
export class InodeBackpointer {
  readonly dirino: number;
  readonly dname: string;
  /** Of the child at the time it was written. */
  readonly version: number;

  constructor(dirino = 0, dname = '', version = 0) {
    this.dirino = dirino;
    this.dname = dname;
    this.version = version;
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.u64(this.dirino).string(this.dname).u64(this.version);
    e.finish(mark);
  }

  static decode(d: Decoder): InodeBackpointer {
    const frame = d.start(2, 'inode_backpointer_t');
    const dirino = d.u64();
    const dname = d.string();
    const version = d.u64();
    d.finish(frame, 'inode_backpointer_t');
    return new InodeBackpointer(dirino, dname, version);
  }

  toString(): string {
    return `<0x${this.dirino.toString(16)}/${this.dname} v${this.version}>`;
  }
}

/**
 * inode_backtrace_t: the way from an inode up to the root, kept in the `parent` xattr of its first object.
 * @see src/mds/inode_backtrace.{h,cc} (16.2.15)
 */
export class InodeBacktrace {
  ino = 0;
  /** The parent first. */
  ancestors: InodeBackpointer[] = [];
  pool = -1;
  oldPools: number[] = [];

  encode(e: Encoder): void {
    const mark = e.start(5, 4);
    e.u64(this.ino);
    e.u32(this.ancestors.length);
    for (const ancestor of this.ancestors) ancestor.encode(e);
    e.s64(this.pool);
    e.u32(this.oldPools.length);
    for (const pool of this.oldPools) e.s64(pool);
    e.finish(mark);
  }

  static decode(d: Decoder): InodeBacktrace {
    const frame = d.start(5, 'inode_backtrace_t');
    if (frame.version < 4) throw d.error(`version ${frame.version} is older than any supported release`);
    const backtrace = new InodeBacktrace();
    backtrace.ino = d.u64();
    for (let left = d.count(26); left > 0; left--) backtrace.ancestors.push(InodeBackpointer.decode(d));
    if (frame.version >= 5) {
      backtrace.pool = d.s64();
      for (let left = d.count(8); left > 0; left--) backtrace.oldPools.push(d.s64());
    }
    d.finish(frame, 'inode_backtrace_t');
    return backtrace;
  }

  toString(): string {
    return `(${this.pool})0x${this.ino.toString(16)}:[${this.ancestors.join(',')}]//${this.oldPools.join(',')}`;
  }
}
