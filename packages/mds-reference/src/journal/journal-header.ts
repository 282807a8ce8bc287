import { FileLayout } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';

/** Entries are a length and the bytes. */
export const JOURNAL_FORMAT_LEGACY = 0;
/** Entries begin with a sentinel and end with their own position. */
export const JOURNAL_FORMAT_RESILIENT = 1;

/**
 * Journaler::Header: the head of a journal, in its first object.
 *
 * @see src/osdc/Journaler.h (16.2.15)
 */
export class JournalHeader {
  magic: string;
  trimmedPos = 0;
  expirePos = 0;
  unusedField = 0;
  writePos = 0;
  layout = FileLayout.NONE;
  streamFormat = JOURNAL_FORMAT_RESILIENT;

  constructor(magic = '') {
    this.magic = magic;
  }

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    e.string(this.magic).u64(this.trimmedPos).u64(this.expirePos).u64(this.unusedField).u64(this.writePos);
    this.layout.encodeLegacy(e);
    e.u8(this.streamFormat);
    e.finish(mark);
  }

  static decode(d: Decoder): JournalHeader {
    // before version 2 there was no envelope: the magic's length comes first
    if (d.peekU8() !== 2 && d.peekU8() > 4) return JournalHeader.#decodeFields(d, 1);
    const frame = d.start(2, 'Journaler::Header');
    const header = JournalHeader.#decodeFields(d, frame.version);
    d.finish(frame, 'Journaler::Header');
    return header;
  }

  static #decodeFields(d: Decoder, version: number): JournalHeader {
    const header = new JournalHeader(d.string());
    header.trimmedPos = d.u64();
    header.expirePos = d.u64();
    header.unusedField = d.u64();
    header.writePos = d.u64();
    header.layout = FileLayout.decode(d);
    header.streamFormat = version > 1 ? d.u8() : JOURNAL_FORMAT_LEGACY;
    return header;
  }

  /** Are the positions in their order? */
  isValid(): boolean {
    return this.writePos >= this.expirePos && this.expirePos >= this.trimmedPos;
  }

  clone(): JournalHeader {
    return Object.assign(new JournalHeader(this.magic), this);
  }

  toString(): string {
    return `loghead(trim ${this.trimmedPos}, expire ${this.expirePos}, write ${this.writePos}, stream_format ${this.streamFormat})`;
  }
}
