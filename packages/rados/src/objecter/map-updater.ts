import type { CephContext } from '@cephts/common';
import type { MOSDMap } from '../messages/osd/m-osd-map.js';
import { applyIncremental } from '../osdmap/apply-incremental.js';
import { decodeOsdMap } from '../osdmap/osd-map-codec.js';
import { OsdMapIncremental } from '../osdmap/osd-map-incremental.js';
import { OsdMap } from '../osdmap/osd-map.js';

/** Follows the epochs of the OSD map. */
export class MapUpdater {
  map: OsdMap = new OsdMap();
  /** Has a map been thrown away, so that the next whole one may be any number of epochs later? */
  #lost = false;
  readonly #cct: CephContext;

  constructor(cct: CephContext) {
    this.#cct = cct;
  }

  /**
   * Takes what a message brings, epoch by epoch.
   *
   * @param onEpoch called after each; `skipped` once epochs before it were left out, in which anything may have moved
   * @returns is something missing in between?
   */
  take(m: MOSDMap, onEpoch: (skipped: boolean) => void): boolean {
    const { last } = m;
    let skipped = this.#lost;
    if (this.map.epoch === 0) {
      const first = [...m.maps.keys()].sort((a, b) => b - a)[0];
      if (first === undefined) return true;
      this.map = decodeOsdMap(m.maps.get(first) as Uint8Array);
      this.#lost = false;
      onEpoch(skipped);
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
        skipped ||= whole > next;
        this.map = decodeOsdMap(m.maps.get(whole) as Uint8Array);
      }
      onEpoch(skipped);
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
      this.#lost = true;
      return false;
    }
  }
}
