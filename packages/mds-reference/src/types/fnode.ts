import type { Decoder, Encoder } from '@cephts/encoding';
import { UTime } from '@cephts/encoding';
import { FragInfo } from './frag-info.js';
import { NestInfo } from './nest-info.js';

/**
 * fnode_t: like an inode, for a fragment of a directory; the omap header of its object.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class Fnode {
  version = 0;
  /** Snapshots up to here are purged from this fragment. */
  snapPurgedThru = 0n;
  fragstat = new FragInfo();
  accountedFragstat = new FragInfo();
  rstat = new NestInfo();
  accountedRstat = new NestInfo();
  damageFlags = 0;
  recursiveScrubVersion = 0;
  recursiveScrubStamp = UTime.ZERO;
  localizedScrubVersion = 0;
  localizedScrubStamp = UTime.ZERO;

  clone(): Fnode {
    const copy = new Fnode();
    copy.version = this.version;
    copy.snapPurgedThru = this.snapPurgedThru;
    copy.fragstat.assign(this.fragstat);
    copy.accountedFragstat.assign(this.accountedFragstat);
    copy.rstat.assign(this.rstat);
    copy.accountedRstat.assign(this.accountedRstat);
    copy.damageFlags = this.damageFlags;
    copy.recursiveScrubVersion = this.recursiveScrubVersion;
    copy.recursiveScrubStamp = this.recursiveScrubStamp;
    copy.localizedScrubVersion = this.localizedScrubVersion;
    copy.localizedScrubStamp = this.localizedScrubStamp;
    return copy;
  }

  encode(e: Encoder): void {
    const mark = e.start(4, 3);
    e.u64(this.version).u64big(this.snapPurgedThru);
    this.fragstat.encode(e);
    this.accountedFragstat.encode(e);
    this.rstat.encode(e);
    this.accountedRstat.encode(e);
    e.u32(this.damageFlags);
    e.u64(this.recursiveScrubVersion);
    this.recursiveScrubStamp.encode(e);
    e.u64(this.localizedScrubVersion);
    this.localizedScrubStamp.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): Fnode {
    const frame = d.start(4, 'fnode_t');
    const fnode = new Fnode();
    fnode.version = d.u64();
    fnode.snapPurgedThru = d.u64big();
    fnode.fragstat.decodeFrom(d);
    fnode.accountedFragstat.decodeFrom(d);
    fnode.rstat.decodeFrom(d);
    fnode.accountedRstat.decodeFrom(d);
    if (frame.version >= 3) fnode.damageFlags = d.u32();
    if (frame.version >= 4) {
      fnode.recursiveScrubVersion = d.u64();
      fnode.recursiveScrubStamp = UTime.decode(d);
      fnode.localizedScrubVersion = d.u64();
      fnode.localizedScrubStamp = UTime.decode(d);
    }
    d.finish(frame, 'fnode_t');
    return fnode;
  }
}
