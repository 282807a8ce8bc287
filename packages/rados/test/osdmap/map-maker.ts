// Makes CRUSH maps (as the text that crushtool compiles) and OSD maps of every shape out of a seed.
import { seededRandom } from '@cephts/common';
import { EntityAddr, EntityAddrVec, Uuid } from '@cephts/encoding';
import type { CrushMap } from '../../src/crush/crush-map.js';
import { OSD_STATE } from '../../src/osdmap/osd-flags.js';
import { OsdMap } from '../../src/osdmap/osd-map.js';
import { PgPool, POOL_FLAG, POOL_TYPE } from '../../src/osdmap/pg-pool.js';
import { PgId } from '../../src/osdmap/pg.js';

export class Dice {
  readonly #random: { u32(): number };
  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }
  /** 0 … n−1 */
  below(n: number): number {
    return this.#random.u32() % n;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

const ALGS = ['straw2', 'straw2', 'straw2', 'straw', 'list', 'tree', 'uniform'];

interface TextBucket {
  id: number;
  name: string;
  type: string;
  weight: number;
  items: number;
  text: string;
}

function bucketText(
  dice: Dice,
  bucket: { id: number; name: string; type: string },
  items: { name: string; weight: number }[],
): TextBucket {
  const alg = dice.of(ALGS);
  // the items of a uniform bucket weigh the same
  const same = (items[0]?.weight ?? 1) || 1;
  const lines = items.map(({ name, weight }) => `\titem ${name} weight ${(alg === 'uniform' ? same : weight).toFixed(3)}`);
  const weight = items.reduce((sum, item) => sum + (alg === 'uniform' ? same : item.weight), 0);
  const head = `${bucket.type} ${bucket.name} {\n\tid ${bucket.id}\n\talg ${alg}\n\thash 0\n`;
  return { ...bucket, weight, items: items.length, text: `${head}${lines.join('\n')}\n}\n` };
}

const CLASSES = ['ssd', 'hdd'];

/** Steps that change how a rule looks for items, of which it has some. */
function setSteps(dice: Dice): string {
  const steps: [string, number][] = [
    ['choose_tries', 1 + dice.below(100)],
    ['choose_local_tries', dice.below(4)],
    ['choose_local_fallback_tries', dice.below(4)],
    ['chooseleaf_tries', 1 + dice.below(6)],
    ['chooseleaf_vary_r', dice.below(5)],
    ['chooseleaf_stable', dice.below(2)],
  ];
  return steps.map(([name, value]) => (dice.chance(25) ? `step set_${name} ${value}\n\t` : '')).join('');
}

/** A bucket with the ids of those that CRUSH keeps beside it for the classes. */
function withShadows({ id, text }: TextBucket, index: number, { length }: readonly TextBucket[]): string {
  const shadows = CLASSES.map((name, i) => `\tid ${-(1 + length + CLASSES.length * index + i)} class ${name}\n`);
  return text.replace(`\tid ${id}\n`, (line) => line + shadows.join(''));
}

/**
 * The text of a map: a root, one or two levels below it, device classes, rules of all kinds, for pools of some sizes, and sometimes
 * choose_args.
 */
export function crushText(seed: number): { text: string; osds: number; rules: number; pools: number } {
  const dice = new Dice(seed);
  const more = new Dice(seed ^ 0x0dd5);
  const legacy = dice.chance(25);
  const tunables = [
    ['choose_local_tries', legacy ? dice.below(4) : 0],
    ['choose_local_fallback_tries', legacy ? dice.below(6) : 0],
    ['choose_total_tries', legacy ? 19 : 20 + dice.below(40)],
    ['chooseleaf_descend_once', legacy ? 0 : 1],
    ['chooseleaf_vary_r', legacy ? 0 : dice.below(5)],
    ['chooseleaf_stable', legacy ? 0 : dice.below(2)],
    ['straw_calc_version', dice.below(2)],
    ['allowed_bucket_algs', 62],
  ].map(([name, value]) => `tunable ${name} ${value}`);
  const hosts: TextBucket[] = [];
  const hostCount = 2 + dice.below(9);
  let osds = 0;
  let nextId = -1;
  for (let h = 0; h < hostCount; h++) {
    const items = Array.from({ length: 1 + dice.below(6) }, () => ({
      name: `osd.${osds++}`,
      weight: dice.chance(8) ? 0 : (1 + dice.below(4000)) / 1000,
    }));
    hosts.push(bucketText(dice, { id: nextId--, name: `host${h}`, type: 'host' }, items));
  }
  let top: TextBucket[] = hosts;
  const racks: TextBucket[] = [];
  if (dice.chance(50)) {
    const rackCount = Math.min(hosts.length, 2 + dice.below(3));
    for (let r = 0; r < rackCount; r++)
      racks.push(
        bucketText(
          dice,
          { id: nextId--, name: `rack${r}`, type: 'rack' },
          hosts.filter((_, i) => i % rackCount === r),
        ),
      );
    top = racks;
  }
  const root = bucketText(dice, { id: nextId, name: 'default', type: 'root' }, top);
  const buckets = [...hosts, ...racks, root];
  const leafType = racks.length > 0 && dice.chance(50) ? 'rack' : 'host';
  const sets = dice.chance(50) ? 'step set_chooseleaf_tries 5\n\tstep set_choose_tries 100\n\t' : '';
  const steps = [
    ['replicated', `step take default\n\tstep chooseleaf firstn 0 type ${leafType}\n\tstep emit`],
    ['replicated', `step take default\n\tstep choose firstn 0 type osd\n\tstep emit`],
    ['replicated', `step take default\n\tstep choose firstn 2 type host\n\tstep chooseleaf firstn 2 type osd\n\tstep emit`],
    ['erasure', `${sets}step take default\n\tstep chooseleaf indep 0 type host\n\tstep emit`],
    ['erasure', `${sets}step take default\n\tstep choose indep 0 type osd\n\tstep emit`],
    ['erasure', `step take default\n\tstep choose indep 3 type host\n\tstep chooseleaf indep 2 type osd\n\tstep emit`],
    [
      'replicated',
      `step take host0\n\tstep chooseleaf firstn 1 type osd\n\tstep emit\n\tstep take default\n\tstep chooseleaf firstn -1 type host\n\tstep emit`,
    ],
  ];
  // crushtool cannot make the shadow of a uniform bucket
  const hasClasses = buckets.every(({ text }) => !text.includes('alg uniform'));
  const classes = Array.from({ length: osds }, (_, i) =>
    i < CLASSES.length ? CLASSES[i] : more.chance(70) ? more.of(CLASSES) : undefined,
  );
  for (const [type, mode] of [
    ['replicated', 'firstn'],
    ['erasure', 'indep'],
  ] as const) {
    const body = (of: string): string => `step take default class ${of}\n\tstep chooseleaf ${mode} 0 type host\n\tstep emit`;
    if (hasClasses) steps.push([type, body('ssd')], [type, `${setSteps(more)}${body('hdd')}`]);
    steps.push([type, `${setSteps(more)}step take default\n\tstep chooseleaf ${mode} 0 type ${leafType}\n\tstep emit`]);
  }
  const rules = steps.map(([type, body], i) => {
    // now and then a rule is not for pools of every size
    const [least, most] = more.chance(30) ? [1 + more.below(3), 3 + more.below(4)] : [1, 10];
    return `rule rule${i} {\n\tid ${i}\n\ttype ${type}\n\tmin_size ${least}\n\tmax_size ${most}\n\t${body}\n}\n`;
  });
  const types = ['osd', 'host', 'rack', 'root'].map((name, i) => `type ${i} ${name}`);
  const devices = Array.from({ length: osds }, (_, i) => `device ${i} osd.${i}${classes[i] ? ` class ${classes[i]}` : ''}`);
  const args = dice.chance(40) ? chooseArgsText(dice, more, buckets) : '';
  const text = [
    ...tunables,
    ...devices,
    ...types,
    ...buckets.map(hasClasses ? withShadows : ({ text }) => text),
    ...rules,
    args,
  ].join('\n');
  return { text, osds, rules: rules.length, pools: 3 };
}

/** Other weights, and ids to hash, for pool 1, and perhaps pool 2. */
function chooseArgsText(dice: Dice, more: Dice, buckets: readonly TextBucket[]): string {
  const straw2 = buckets.filter(({ text }) => text.includes('alg straw2'));
  if (straw2.length === 0) return '';
  const one = (id: number): string => {
    const entries = straw2.map((bucket) => {
      const set = (): string => `[ ${Array.from({ length: bucket.items }, () => (dice.below(3000) / 1000).toFixed(3)).join(' ')} ]`;
      const sets = Array.from({ length: 1 + dice.below(3) }, set).join('\n');
      const others = Array.from({ length: bucket.items }, () => more.below(2000) - 1000).join(' ');
      const ids = more.chance(40) ? `\n\t\tids [ ${others} ]` : '';
      return `\t{\n\t\tbucket_id ${bucket.id}\n\t\tweight_set [\n${sets}\n\t\t]${ids}\n\t}`;
    });
    return `choose_args ${id} {\n${entries.join('\n')}\n}\n`;
  };
  return one(1) + (dice.chance(50) ? one(2) : '');
}

/** A map around a CRUSH map: OSDs down, out, gone, reweighted; three pools; everything that overrides CRUSH. */
export function makeOsdMap(seed: number, crush: CrushMap, osds: number, rules: number, pools: number): OsdMap {
  const dice = new Dice(seed ^ 0x5eed);
  const map = new OsdMap();
  map.fsid = Uuid.fromRandom(Uint8Array.from({ length: 16 }, () => dice.below(256)));
  map.epoch = 7;
  map.setMaxOsd(osds);
  map.crush = crush;
  map.flags = 0x168000;
  map.requireOsdRelease = 16;
  map.requireMinCompatClient = 12;
  for (let osd = 0; osd < osds; osd++) {
    map.osdState[osd] = dice.chance(4) ? 0 : OSD_STATE.exists | (dice.chance(90) ? OSD_STATE.up : 0);
    map.osdWeight[osd] = dice.chance(80) ? 0x10000 : dice.chance(40) ? 0 : dice.below(0x10000);
    map.clientAddrs[osd] = new EntityAddrVec([EntityAddr.of(EntityAddr.TYPE_MSGR2, '127.0.0.1', 6800 + osd, osd)]);
  }
  if (dice.chance(50)) for (let osd = 0; osd < osds; osd++) if (dice.chance(40)) map.setPrimaryAffinity(osd, dice.below(0x10001));
  for (let id = 1; id <= pools; id++) {
    const pool = new PgPool();
    const rule = dice.below(rules);
    pool.crushRule = rule;
    pool.type = crush.rules[rule]?.type ?? POOL_TYPE.replicated;
    pool.size = 1 + dice.below(6);
    pool.minSize = 1;
    pool.pgNum = 1 + dice.below(40);
    pool.pgpNum = dice.chance(70) ? pool.pgNum : 1 + dice.below(pool.pgNum);
    pool.flags = dice.chance(80) ? POOL_FLAG.hashpspool : 0;
    map.pools.set(id, pool);
    map.poolNames.set(id, `pool${id}`);
    map.poolMax = id;
    for (let seed = 0; seed < pool.pgNum; seed++) override(dice, map, new PgId(id, seed), pool, osds);
  }
  map.changed();
  return map;
}

function override(dice: Dice, map: OsdMap, pg: PgId, pool: PgPool, osds: number): void {
  const some = (count: number): number[] => {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(count, osds)) chosen.add(dice.below(osds));
    return [...chosen];
  };
  if (dice.chance(6)) map.pgUpmap.set(pg, some(pool.size));
  if (dice.chance(10)) {
    const raw = map.rawOsds(pg.pool, pg.seed).filter((osd) => osd < osds);
    const pairs = raw.slice(0, 1 + dice.below(2)).flatMap((from) => [from, dice.below(osds)]);
    map.pgUpmapItems.set(pg, pairs.length > 0 ? pairs : [0, dice.below(osds)]);
  }
  if (dice.chance(6)) map.pgTemp.set(pg, some(pool.size));
  if (dice.chance(5)) map.primaryTemp.set(pg, dice.below(osds));
}

/** As osdmaptool prints one placement group. */
export function placementText(map: OsdMap, pool: number, seed: number): string {
  const placed = map.placePg(pool, seed);
  const raw = map.rawOsds(pool, seed);
  const list = (osds: readonly number[]): string => `[${osds.join(',')}]`;
  const first = raw.find((osd) => osd !== 0x7fffffff) ?? -1;
  const up = `(${list(placed?.up ?? [])}, p${placed?.upPrimary ?? -1})`;
  const acting = `(${list(placed?.acting ?? [])}, p${placed?.actingPrimary ?? -1})`;
  return `${pool}.${seed.toString(16)} raw (${list(raw)}, p${first}) up ${up} acting ${acting}`;
}
