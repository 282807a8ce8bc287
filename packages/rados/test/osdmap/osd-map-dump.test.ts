// The map of a real cluster where everything is set, as 16.2.15 shows it; test/ceph/osd-map-dump.test.ts compares with Ceph itself.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EntityAddr } from '@cephts/encoding';
import { CrushBucket } from '../../src/crush/crush-bucket.js';
import { applyIncremental, decodeOsdMap, encodeOsdMap, OsdMap, OsdMapIncremental, PgId, PgPool, toJson } from '../../src/index.js';
import { minCompatClient } from '../../src/osdmap/min-compat-client.js';

const file = fileURLToPath(new URL('../fixtures/osd-map.json', import.meta.url));
const fixture = JSON.parse(readFileSync(file, 'utf8')) as { map: string; dump: string };
const bytes = Buffer.from(fixture.map, 'base64');
/** Lines, so that a difference is shown without all the rest; the blocklist in order: in Ceph it is a hash table. */
const lines = (json: string): string[] =>
  json
    .replace(/"blocklist":\{([^}]*)\}/, (_, list: string) => `"blocklist":{${list.split(',').sort().join()}}`)
    .replaceAll(/[{[,]/g, '$&\n')
    .split('\n');

describe('the dump of a map of OSDs', () => {
  it('is what `ceph osd dump --format json` prints, to the letter but for the order of the blocklist', () => {
    expect(lines(toJson(decodeOsdMap(bytes).dump()))).toEqual(lines(fixture.dump));
  });

  it('is the same after the map was written again, byte for byte', () => {
    expect(Buffer.from(encodeOsdMap(decodeOsdMap(bytes))).equals(bytes)).toBe(true);
  });

  it('of an empty map has every field', () => {
    expect(Object.keys(new OsdMap().dump())).toEqual(Object.keys(JSON.parse(fixture.dump) as object));
  });

  it('names pools without a name, flags without one, and grades of hit sets', () => {
    const map = new OsdMap();
    map.flags = 0x40000080 | 0;
    const pool = new PgPool();
    pool.flags = 0x20000 + 2 ** 40;
    pool.hitSetCount = 3;
    pool.hitSetGradeDecayRate = 20;
    map.pools.set(7, pool);
    expect(map.dump()).toMatchObject({
      flags: 'noout',
      flags_set: ['', 'noout'],
      pools: [{ pool: 7, pool_name: '<unknown>', flags_names: 'bulk,???', grade_table: [800000, 640000, 512000] }],
    });
  });
});

describe('the oldest client that understands a map', () => {
  const steps: [release: number, change: (map: OsdMap) => void][] = [
    [1, () => undefined],
    [4, (map) => (map.crush.tunables.chooseleafDescendOnce = 1)],
    [6, (map) => (map.crush.tunables.chooseleafVaryR = 1)],
    [6, (map) => (map.primaryAffinity = [0x8000])],
    [8, (map) => map.crush.buckets.push(Object.assign(new CrushBucket(), { alg: 5 }))],
    [10, (map) => (map.crush.tunables.chooseleafStable = 1)],
    [12, (map) => map.crush.chooseArgs.set(3, new Map())],
    [12, (map) => map.pgUpmapItems.set(new PgId(1, 0), [0, 1])],
  ];
  it.each(steps)('is release %i', (release, change) => {
    const map = new OsdMap();
    change(map);
    expect(minCompatClient(map)).toBe(release);
  });
});

describe('a blocklist of networks', () => {
  const until = decodeOsdMap(bytes).modified;
  const network = (ip: string, bits: number): { addr: EntityAddr; until: typeof until } => ({
    addr: EntityAddr.of(EntityAddr.TYPE_CIDR, ip, 0, bits),
    until,
  });
  const addr = (ip: string): EntityAddr => EntityAddr.of(EntityAddr.TYPE_MSGR2, ip, 6800, 42);

  it('holds for all addresses in them, and for no others', () => {
    const map = new OsdMap();
    for (const one of [network('10.1.16.0', 20), network('2001:db8:8000::', 33)]) map.rangeBlocklist.set(String(one.addr), one);
    const inside = ['10.1.16.0', '10.1.31.255', '2001:db8:8000::1', '2001:db8:ffff::'];
    const outside = ['10.1.15.255', '10.1.32.0', '2001:db8:7fff::', '10.0.16.0', '::'];
    expect([...inside, ...outside].filter((ip) => map.isBlocklisted(addr(ip)))).toEqual(inside);
    expect(map.isBlocklisted(EntityAddr.BLANK)).toBe(false);
  });

  it('comes and goes with incremental maps, which keep the time of those that are there', () => {
    const map = decodeOsdMap(bytes);
    const [one, two] = [network('10.9.0.0', 16), [...map.rangeBlocklist.values()][0] as ReturnType<typeof network>];
    const inc = new OsdMapIncremental();
    inc.fsid = map.fsid;
    inc.epoch = map.epoch + 1;
    inc.newRangeBlocklist.set(String(one.addr), one);
    inc.oldRangeBlocklist.push(two.addr);
    const [key, { addr: old }] = [...map.blocklist][0] as [string, { addr: EntityAddr }];
    inc.newBlocklist.set(key, { addr: old, until });
    const before = map.blocklist.get(key)?.until;
    const next = applyIncremental(map, OsdMapIncremental.decode(inc.encode()));
    expect(String(one.addr)).toBe('cidr:10.9.0.0:0/16');
    expect([...next.rangeBlocklist.keys()]).toContain(String(one.addr));
    expect([...next.rangeBlocklist.keys()]).not.toContain(String(two.addr));
    expect(next.blocklist.get(key)?.until).toEqual(before);
  });
});

describe('toJson', () => {
  it.each([
    [0.1, '0.10000000000000001'],
    [0.5, '0.5'],
    [1.25e-7, '1.2499999999999999e-07'],
    [0.0001, '0.0001'],
    [1e-5, '1.0000000000000001e-05'],
    [123456.7, '123456.7'],
    [-2.5, '-2.5'],
    [3, '3'],
    [2n ** 63n, '9223372036854775808'],
  ])('writes %p as Ceph does', (value, text) => {
    expect(toJson([value])).toBe(`[${text}]`);
  });
});
