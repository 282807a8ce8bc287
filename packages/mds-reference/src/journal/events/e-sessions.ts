import { EntityInst, UTime, sortedEntries } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { ClientMetadata } from '../../types/client-metadata.js';
import { EVENT_SESSIONS, LogEvent } from '../log-event.js';
import type { LogSegment } from '../log-segment.js';

/**
 * ESessions: several sessions open at once, during a rejoin or an import.
 *
 * @see src/mds/events/ESessions.h (16.2.15)
 */
export class ESessions extends LogEvent {
  readonly type = EVENT_SESSIONS;
  readonly typeName = 'ESessions';
  /** By client number. */
  clientMap = new Map<number, EntityInst>();
  clientMetadataMap = new Map<number, ClientMetadata>();
  cmapv: number;

  constructor(cmapv = 0) {
    super();
    this.cmapv = cmapv;
  }

  encode(e: Encoder, features?: bigint): void {
    const mark = e.start(2, 1);
    encodeClientMap(e, this.clientMap, features);
    e.u64(this.cmapv);
    this.stamp.encode(e);
    encodeMetadataMap(e, this.clientMetadataMap);
    e.finish(mark);
  }

  static decode(d: Decoder): ESessions {
    const frame = d.start(2, 'ESessions');
    const event = new ESessions();
    event.clientMap = decodeClientMap(d);
    event.cmapv = d.u64();
    event.stamp = UTime.decode(d);
    if (frame.version >= 2) event.clientMetadataMap = decodeMetadataMap(d);
    d.finish(frame, 'ESessions');
    return event;
  }

  override updateSegment(segment: LogSegment): void {
    segment.sessionmapv = this.cmapv;
  }

  override toString(): string {
    return `ESessions ${this.clientMap.size} opens cmapv ${this.cmapv}`;
  }
}

/** A map of clients to instances. */
export function encodeClientMap(e: Encoder, map: ReadonlyMap<number, EntityInst>, features?: bigint): void {
  e.u32(map.size);
  for (const [client, inst] of sortedEntries(map)) {
    e.s64(client);
    inst.encode(e, features);
  }
}

export function decodeClientMap(d: Decoder): Map<number, EntityInst> {
  return d.map((item) => item.s64(), EntityInst.decode, 18);
}

/** A map of clients to what they say of themselves. */
export function encodeMetadataMap(e: Encoder, map: ReadonlyMap<number, ClientMetadata>): void {
  e.u32(map.size);
  for (const [client, metadata] of sortedEntries(map)) {
    e.s64(client);
    metadata.encode(e);
  }
}

export function decodeMetadataMap(d: Decoder): Map<number, ClientMetadata> {
  return d.map((item) => item.s64(), ClientMetadata.decode, 14);
}
