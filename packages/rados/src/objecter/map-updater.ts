import type { CephContext } from '@cephts/common';
import type { MOSDMap } from '../messages/osd/m-osd-map.js';
import { applyIncremental } from '../osdmap/apply-incremental.js';
import { decodeOsdMap } from '../osdmap/osd-map-codec.js';
import { OsdMapIncremental } from '../osdmap/osd-map-incremental.js';
import { OsdMap } from '../osdmap/osd-map.js';

/** Follows the epochs of the OSD map. */
export class MapUpdater {
  map: OsdMap = new OsdMap();
  readonly #cct: CephContext;

  constructor(cct: CephContext) {
    this.#cct = cct;
  }

  /**
   * Takes what a message brings, epoch by epoch.
   *
   * @param onEpoch called after each
   * @returns is something missing in between?
   */
  take(m: MOSDMap, onEpoch: () => void): boolean {
    const { last } = m;
    if (this.map.epoch === 0) {
      const first = [...m.maps.keys()].sort((a, b) => b - a)[0];
      if (first === undefined) return true;
      this.map = decodeOsdMap(m.maps.get(first) as Uint8Array);
      onEpoch();
    }
    while (this.map.epoch < last) {
      const next = this.map.epoch + 1;
      const inc = m.incrementalMaps.get(next);
      if (inc) {
        if (!this.#apply(inc)) return true;
      } else {
        // the monitors no longer have what is between: on from the oldest whole map there is
        const whole = m.maps.has(next) ? next : [...m.maps.keys()].filter((epoch) => epoch > next).sort((a, b) => a - b)[0];
        if (whole === undefined) return true;
        this.map = decodeOsdMap(m.maps.get(whole) as Uint8Array);
      }
      onEpoch();
    }
    return false;
  }

  #apply(bytes: Uint8Array): boolean {
    try {
      this.map = applyIncremental(this.map, OsdMapIncremental.decode(bytes));
      return true;
    } catch (error) {
      this.#cct.dout('objecter', -1, () => `an incremental osd map does not fit: ${(error as Error).message}`);
      // begins anew with a whole one
      this.map = Object.assign(this.map, { epoch: 0 });
      return false;
    }
  }
}
