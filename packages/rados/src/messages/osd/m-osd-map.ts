import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { Uuid, sortedEntries } from '@cephts/encoding';
import { CEPH_MSG_OSD_MAP } from '../message-types.js';

/**
 * osd_map: OSDMaps and what changed between them, encoded, by epoch.
 * @see src/messages/MOSDMap.h (16.2.15)
 */
export class MOSDMap extends Message {
  static readonly TYPE = CEPH_MSG_OSD_MAP;
  readonly type = CEPH_MSG_OSD_MAP;
  readonly typeName = 'osd_map';

  fsid: Uuid;
  maps = new Map<number, Uint8Array>();
  incrementalMaps = new Map<number, Uint8Array>();
  oldestMap = 0;
  newestMap = 0;

  constructor(fsid: Uuid = Uuid.ZERO) {
    super();
    this.fsid = fsid;
  }

  override get headVersion(): number {
    return 4;
  }

  override get compatVersion(): number {
    return 3;
  }

  /** The first epoch in it, 0 for none. */
  get first(): number {
    const epochs = [...this.maps.keys(), ...this.incrementalMaps.keys()];
    return epochs.length === 0 ? 0 : Math.min(...epochs);
  }

  /** The last epoch in it, 0 for none. */
  get last(): number {
    return Math.max(0, ...this.maps.keys(), ...this.incrementalMaps.keys());
  }

  encodePayload(e: Encoder): void {
    this.fsid.encode(e);
    encodeMaps(e, this.incrementalMaps);
    encodeMaps(e, this.maps);
    e.u32(this.oldestMap).u32(this.newestMap);
    e.u32(0); // removed snapshots of skipped epochs
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.fsid = Uuid.decode(d);
    this.incrementalMaps = decodeMaps(d);
    this.maps = decodeMaps(d);
    if (headVersion >= 2) {
      this.oldestMap = d.u32();
      this.newestMap = d.u32();
    }
    if (headVersion >= 4) d.rest();
  }

  override print(): string {
    const source = this.oldestMap !== 0 || this.newestMap !== 0 ? ` src has ${this.oldestMap}..${this.newestMap}` : '';
    return `osd_map(${this.first}..${this.last}${source})`;
  }
}

function encodeMaps(e: Encoder, maps: ReadonlyMap<number, Uint8Array>): void {
  e.u32(maps.size);
  for (const [epoch, map] of sortedEntries(maps)) e.u32(epoch).blob(map);
}

function decodeMaps(d: Decoder): Map<number, Uint8Array> {
  const maps = new Map<number, Uint8Array>();
  for (let left = d.count(8); left > 0; left--) {
    const epoch = d.u32();
    maps.set(epoch, d.blob().slice());
  }
  return maps;
}
