import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * quota_info_t: limits on what lies below a folder, 0 for none. An unchanging value.
 * @see src/mds/mdstypes.h (16.2.15)
 */
export class QuotaInfo {
  static readonly NONE = new QuotaInfo();

  readonly maxBytes: number;
  readonly maxFiles: number;

  constructor(maxBytes = 0, maxFiles = 0) {
    this.maxBytes = maxBytes;
    this.maxFiles = maxFiles;
  }

  isValid(): boolean {
    return this.maxBytes >= 0 && this.maxFiles >= 0;
  }

  isEnabled(): boolean {
    return this.maxBytes !== 0 || this.maxFiles !== 0;
  }

  equals(other: QuotaInfo): boolean {
    return this.maxBytes === other.maxBytes && this.maxFiles === other.maxFiles;
  }

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    e.s64(this.maxBytes).s64(this.maxFiles);
    e.finish(mark);
  }

  static decode(d: Decoder): QuotaInfo {
    const frame = d.start(1, 'quota_info_t');
    const maxBytes = d.s64();
    const maxFiles = d.s64();
    d.finish(frame, 'quota_info_t');
    return maxBytes === 0 && maxFiles === 0 ? QuotaInfo.NONE : new QuotaInfo(maxBytes, maxFiles);
  }
}
