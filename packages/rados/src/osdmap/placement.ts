import { CRUSH_ITEM_NONE } from '../crush/mapper.js';
import { hash2 } from '../crush/rjenkins.js';
import type { CrushMap } from '../crush/crush-map.js';
import { OSD_FULL_WEIGHT } from './osd-flags.js';
import { NO_SHARD, PgId, SpgId } from './pg.js';
import type { PgPool } from './pg-pool.js';
import type { PgTable } from './pg-table.js';

/** Where a placement group is. In an erasure-coded pool a place that nobody takes is CRUSH_ITEM_NONE. */
export interface PgPlacement {
  pgid: PgId;
  /** Who should have it. */
  up: readonly number[];
  /** −1 for nobody. */
  upPrimary: number;
  /** Who serves it now. */
  acting: readonly number[];
  actingPrimary: number;
  /** The primary's own part: what operations are sent to. */
  primaryShard: SpgId;
}

/** What placement depends on: an OSD map. */
export interface PlacementSource {
  readonly pools: ReadonlyMap<number, PgPool>;
  readonly crush: CrushMap;
  readonly osdWeight: readonly number[];
  readonly primaryAffinity: readonly number[] | undefined;
  readonly pgTemp: PgTable<number[]>;
  readonly primaryTemp: PgTable<number>;
  readonly pgUpmap: PgTable<number[]>;
  readonly pgUpmapItems: PgTable<number[]>;
  readonly pgUpmapPrimaries: PgTable<number>;
  exists(osd: number): boolean;
  isUp(osd: number): boolean;
}

/**
 * From a placement group to OSDs: CRUSH, then what was set by hand (upmap), what is down, primary affinity, and what holds for a while
 * (pg_temp, primary_temp).
 *
 * @see OSDMap::_pg_to_up_acting_osds in src/osd/OSDMap.cc (16.2.15)
 */
export class Placement {
  readonly #map: PlacementSource;
  /** By pool, then by seed. */
  readonly #known = new Map<number, (PgPlacement | undefined)[]>();

  constructor(map: PlacementSource) {
    this.#map = map;
  }

  forget(): void {
    this.#known.clear();
  }

  pg(pool: number, seed: number): PgPlacement | undefined {
    let known = this.#known.get(pool);
    const found = known?.[seed];
    if (found) return found;
    const pgPool = this.#map.pools.get(pool);
    if (!pgPool || seed >= pgPool.pgNum) return undefined;
    if (!known) this.#known.set(pool, (known = []));
    return (known[seed] = this.#place(pgPool, pool, seed));
  }

  raw(pool: number, seed: number): number[] {
    const pgPool = this.#map.pools.get(pool);
    return pgPool ? this.#raw(pgPool, pool, pgPool.placementSeed(pool, seed)) : [];
  }

  #place(pgPool: PgPool, pool: number, seed: number): PgPlacement {
    const map = this.#map;
    const pps = pgPool.placementSeed(pool, seed);
    const raw = this.#raw(pgPool, pool, pps);
    this.#applyUpmap(pool, seed, raw);
    const up = keep(pgPool, raw, (osd) => map.isUp(osd));
    const upPrimary = this.#applyPrimaryAffinity(pgPool, pps, up, firstOf(up));
    let acting = keep(pgPool, map.pgTemp.get(pool, seed) ?? [], (osd) => map.isUp(osd));
    let actingPrimary = map.primaryTemp.get(pool, seed) ?? firstOf(acting);
    if (acting.length === 0) {
      acting = up;
      if (actingPrimary === -1) actingPrimary = upPrimary;
    }
    const pgid = new PgId(pool, seed);
    const shard = pgPool.isErasure ? acting.indexOf(actingPrimary) : NO_SHARD;
    return { pgid, up, upPrimary, acting, actingPrimary, primaryShard: new SpgId(pgid, shard) };
  }

  #raw(pgPool: PgPool, pool: number, pps: number): number[] {
    const { crush, osdWeight } = this.#map;
    const rule = crush.findRule(pgPool.crushRule, pgPool.type, pgPool.size);
    const osds = rule < 0 ? [] : crush.doRule(rule, pps, pgPool.size, osdWeight, pool);
    return keep(pgPool, osds, (osd) => this.#map.exists(osd));
  }

  #applyUpmap(pool: number, seed: number, raw: number[]): void {
    const { pgUpmap, pgUpmapItems, pgUpmapPrimaries, osdWeight } = this.#map;
    // a target that is out is not used
    const isOut = (osd: number): boolean => osd !== CRUSH_ITEM_NONE && osdWeight[osd] === 0;
    const whole = pgUpmap.isEmpty() ? undefined : pgUpmap.get(pool, seed);
    if (whole) {
      if (whole.some(isOut)) return;
      raw.splice(0, raw.length, ...whole);
    }
    const items = pgUpmapItems.isEmpty() ? undefined : pgUpmapItems.get(pool, seed);
    for (let i = 0; items && i + 1 < items.length; i += 2) {
      const from = items[i] as number;
      const to = items[i + 1] as number;
      if (raw.includes(to) || isOut(to)) continue;
      const at = raw.indexOf(from);
      if (at >= 0) raw[at] = to;
    }
    const primary = pgUpmapPrimaries.isEmpty() ? undefined : pgUpmapPrimaries.get(pool, seed);
    if (primary === undefined || isOut(primary)) return;
    const at = raw.indexOf(primary);
    if (at > 0) [raw[0], raw[at]] = [raw[at] as number, raw[0] as number];
  }

  /** Lets OSDs that want to be primary less often pass it on. @returns the primary; in a replicated pool it comes first in `osds` */
  #applyPrimaryAffinity(pgPool: PgPool, pps: number, osds: number[], primary: number): number {
    const affinity = this.#map.primaryAffinity;
    if (!affinity) return primary;
    const of = (osd: number): number => affinity[osd] ?? OSD_FULL_WEIGHT;
    if (!osds.some((osd) => osd !== CRUSH_ITEM_NONE && of(osd) !== OSD_FULL_WEIGHT)) return primary;
    let at = -1;
    for (const [i, osd] of osds.entries()) {
      if (osd === CRUSH_ITEM_NONE) continue;
      const passes = of(osd) < OSD_FULL_WEIGHT && hash2(pps, osd) >>> 16 >= of(osd);
      if (!passes) {
        at = i;
        break;
      }
      // the first that passed it on has it where all do
      if (at < 0) at = i;
    }
    if (at < 0) return primary;
    const chosen = osds[at] as number;
    if (pgPool.canShiftOsds && at > 0) {
      osds.splice(at, 1);
      osds.unshift(chosen);
    }
    return chosen;
  }
}

function firstOf(osds: readonly number[]): number {
  return osds.find((osd) => osd !== CRUSH_ITEM_NONE) ?? -1;
}

/** Those that will do: the others move up, or in an erasure-coded pool leave their place empty. */
function keep(pool: PgPool, osds: readonly number[], wanted: (osd: number) => boolean): number[] {
  return pool.canShiftOsds ? osds.filter(wanted) : osds.map((osd) => (wanted(osd) ? osd : CRUSH_ITEM_NONE));
}
