import { DEFAULT_CHOOSE_ARGS } from '../crush/choose-args.js';
import { BUCKET_ALG } from '../crush/crush-bucket.js';
import type { CrushMap } from '../crush/crush-map.js';
import { RULE_OP } from '../crush/crush-rule.js';
import { OSD_FULL_WEIGHT } from './osd-flags.js';
import type { OsdMap } from './osd-map.js';
import { POOL_FLAG } from './pg-pool.js';

const RELEASE = { argonaut: 1, dumpling: 4, firefly: 6, hammer: 8, jewel: 10, luminous: 12 } as const;

/** One set of weights for everyone can be folded into the buckets for clients that know of no choose_args. */
function needsChooseArgs({ chooseArgs }: CrushMap): boolean {
  if (chooseArgs.size === 0) return false;
  const args = chooseArgs.size === 1 ? chooseArgs.get(DEFAULT_CHOOSE_ARGS) : undefined;
  if (!args) return true;
  return [...args.values()].some(({ weightSets, ids }) => ids.length > 0 || weightSets.length > 1);
}

/** Do the rules of pools have a step of this kind? */
function rulesHave(map: OsdMap, op: number): boolean {
  return [...map.pools.values()].some((pool) => {
    const rule = map.crush.rules[map.crush.findRule(pool.crushRule, pool.type, pool.size)];
    return rule?.steps.some((step) => step.op === op) ?? false;
  });
}

/**
 * The oldest release whose clients understand the map, by number.
 * @see OSDMap::get_min_compat_client, OSDMap::get_features in src/osd/OSDMap.cc (16.2.15)
 */
export function minCompatClient(map: OsdMap): number {
  const { crush, pgUpmap, pgUpmapItems, primaryAffinity } = map;
  const t = crush.tunables;
  const pools = [...map.pools.values()];
  if (!pgUpmap.isEmpty() || !pgUpmapItems.isEmpty() || needsChooseArgs(crush)) return RELEASE.luminous;
  if (t.chooseleafStable !== 0 || rulesHave(map, RULE_OP.setChooseleafStable)) return RELEASE.jewel;
  if (crush.buckets.some((bucket) => bucket?.alg === BUCKET_ALG.straw2)) return RELEASE.hammer;
  if (t.chooseleafVaryR !== 0 || rulesHave(map, RULE_OP.setChooseleafVaryR)) return RELEASE.firefly;
  if (primaryAffinity?.some((affinity) => affinity !== OSD_FULL_WEIGHT)) return RELEASE.firefly;
  if (pools.some((pool) => pool.isTier || pool.tiers.size > 0)) return RELEASE.firefly;
  if (t.chooseleafDescendOnce !== 0 || pools.some((pool) => pool.hasFlag(POOL_FLAG.hashpspool))) return RELEASE.dumpling;
  return RELEASE.argonaut;
}
