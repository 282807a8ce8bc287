import { UTime } from '@cephts/encoding';
import type { Encoder } from '@cephts/encoding';
import type { EMetaBlob } from './events/e-meta-blob.js';
import type { LogSegment } from './log-segment.js';

/** In place of a type: an event in its versioned envelope follows. */
export const EVENT_NEW_ENCODING = 0;
export const EVENT_SUBTREEMAP = 2;
export const EVENT_EXPORT = 3;
export const EVENT_IMPORTSTART = 4;
export const EVENT_IMPORTFINISH = 5;
export const EVENT_FRAGMENT = 6;
export const EVENT_RESETJOURNAL = 9;
export const EVENT_SESSION = 10;
export const EVENT_SESSIONS_OLD = 11;
export const EVENT_SESSIONS = 12;
export const EVENT_UPDATE = 20;
export const EVENT_PEERUPDATE = 21;
export const EVENT_OPEN = 22;
export const EVENT_COMMITTED = 23;
export const EVENT_PURGED = 24;
export const EVENT_TABLECLIENT = 42;
export const EVENT_TABLESERVER = 43;
export const EVENT_SUBTREEMAP_TEST = 50;
export const EVENT_NOOP = 51;

/**
 * An entry of the MDS journal.
 *
 * @see src/mds/LogEvent.h (16.2.15)
 */
export abstract class LogEvent {
  abstract readonly type: number;
  /** Ceph's name of the class. */
  abstract readonly typeName: string;
  /** When it was submitted. */
  stamp = UTime.ZERO;
  /** Its position in the journal, once it is there. */
  startOff = 0;
  /** The segment it belongs to, once it is submitted. */
  segment: LogSegment | undefined;

  /** The metadata it carries, where it does. */
  readonly metablob: EMetaBlob | undefined = undefined;

  /** The event alone, as its own struct. */
  abstract encode(e: Encoder, features?: bigint): void;

  /** With what tells its type, as it stands in a journal entry. */
  encodeWithHeader(e: Encoder, features?: bigint): void {
    e.u32(EVENT_NEW_ENCODING);
    const mark = e.start(1, 1);
    e.u32(this.type);
    this.encode(e, features);
    e.finish(mark);
  }

  /** Tells the segment what of it must be saved before it can go. */
  updateSegment(_segment: LogSegment): void {
    // most events leave no trace there
  }

  toString(): string {
    const blob = this.metablob;
    return blob ? `${this.typeName} ${blob}` : this.typeName;
  }
}
