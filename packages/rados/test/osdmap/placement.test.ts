// What osdmaptool 16.2.15 printed for some maps; test/ceph/placement.test.ts compares with the tool itself.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DecodeError } from '@cephts/encoding';
import { CrushMap } from '../../src/crush/crush-map.js';
import { applyIncremental } from '../../src/osdmap/apply-incremental.js';
import { decodeOsdMap, encodeOsdMap } from '../../src/osdmap/osd-map-codec.js';
import { OsdMapIncremental } from '../../src/osdmap/osd-map-incremental.js';
import { OSD_STATE } from '../../src/osdmap/osd-flags.js';
import { PgId } from '../../src/osdmap/pg.js';
import { Dice, makeOsdMap, placementText } from './map-maker.js';

interface Fixture {
  seed: number;
  osds: number;
  rules: number;
  pools: number;
  crush: string;
  lines: string[];
}
const file = fileURLToPath(new URL('../fixtures/placement.json', import.meta.url));
const fixtures = JSON.parse(readFileSync(file, 'utf8')) as Fixture[];
const mapOf = ({ seed, crush, osds, rules, pools }: Fixture): ReturnType<typeof makeOsdMap> =>
  makeOsdMap(seed, CrushMap.fromBytes(Buffer.from(crush, 'base64')), osds, rules, pools);
const linesOf = (map: ReturnType<typeof makeOsdMap>): string[] =>
  [...map.pools].flatMap(([id, pool]) => Array.from({ length: pool.pgNum }, (_, pg) => placementText(map, id, pg)));

describe('placement', () => {
  it.each(fixtures)('of map $seed is what osdmaptool gives', (fixture) => {
    expect(linesOf(mapOf(fixture))).toEqual(fixture.lines);
  });

  it('is the same after a map was written and read', () => {
    for (const fixture of fixtures) expect(linesOf(decodeOsdMap(encodeOsdMap(mapOf(fixture))))).toEqual(fixture.lines);
  });

  it('is remembered until the map changes', () => {
    const map = mapOf(fixtures[0] as Fixture);
    const before = map.placePg(1, 0);
    expect(map.placePg(1, 0)).toBe(before);
    map.changed();
    expect(map.placePg(1, 0)).not.toBe(before);
    expect(map.placePg(1, 0)).toEqual(before);
  });

  it('has nothing for a pool or a placement group that does not exist', () => {
    const map = mapOf(fixtures[0] as Fixture);
    expect(map.placePg(99, 0)).toBeUndefined();
    expect(map.placePg(1, map.pools.get(1)?.pgNum as number)).toBeUndefined();
    expect(map.placeObject(99, 'a')).toBeUndefined();
  });
});

describe('an OSD map', () => {
  it('that is damaged gives a DecodeError, whatever byte it is', () => {
    const bytes = encodeOsdMap(mapOf(fixtures[1] as Fixture));
    const dice = new Dice(42);
    for (let i = 0; i < 300; i++) {
      const bad = bytes.slice(0, dice.chance(50) ? bytes.length : dice.below(bytes.length));
      if (bad.length > 0) bad[dice.below(bad.length)] = dice.below(256);
      try {
        decodeOsdMap(bad);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  });

  it('takes incremental maps in order only, and of its own cluster', () => {
    const map = mapOf(fixtures[0] as Fixture);
    const inc = new OsdMapIncremental();
    inc.fsid = map.fsid;
    inc.epoch = map.epoch + 2;
    expect(() => applyIncremental(map, inc)).toThrow('does not follow');
    expect(() => applyIncremental(map, Object.assign(new OsdMapIncremental(), { epoch: map.epoch + 1 }))).toThrow('of cluster');
    expect(map.epoch).toBe(7);
  });

  it('follows what an incremental map says of OSDs, pools and placement groups', () => {
    const map = mapOf(fixtures[0] as Fixture);
    const up = map.osdState.findIndex((state) => (state & OSD_STATE.up) !== 0);
    const inc = new OsdMapIncremental();
    inc.fsid = map.fsid;
    inc.epoch = map.epoch + 1;
    inc.newState.set(up, 0);
    inc.newWeight.set(up, 0x8000);
    inc.oldPools = [2];
    inc.newPoolNames.set(1, 'renamed');
    inc.newPgTemp.set(new PgId(1, 0), [1, 0]);
    inc.newFlags = 5;
    const next = applyIncremental(map, OsdMapIncremental.decode(inc.encode()));
    expect(next.epoch).toBe(8);
    expect(next.isUp(up)).toBe(false);
    expect(next.osdWeight[up]).toBe(0x8000);
    expect(next.osdInfo[up]?.downAt).toBe(8);
    expect(next.pools.has(2)).toBe(false);
    expect(next.poolByName('renamed')).toBe(1);
    expect(next.poolByName('pool2')).toBeUndefined();
    expect(next.pgTemp.get(1, 0)).toEqual([1, 0]);
    expect(next.flags).toBe(5);
    expect(decodeOsdMap(encodeOsdMap(next)).epoch).toBe(8);
  });

  it('follows what an incremental map says of upmaps, and places by it', () => {
    const map = mapOf(fixtures[0] as Fixture);
    const [set, moved, gone, back] = [0, 1, 2, 3].map((seed) => new PgId(1, seed)) as [PgId, PgId, PgId, PgId];
    const before = map.rawOsds(1, moved.seed);
    const wanted = [...map.rawOsds(1, set.seed)].reverse();
    const other = map.osdWeight.findIndex((weight, osd) => weight > 0 && !before.includes(osd));
    const add = new OsdMapIncremental();
    Object.assign(add, { fsid: map.fsid, epoch: map.epoch + 1 });
    for (const pg of [set, gone]) add.newPgUpmap.set(pg, wanted);
    for (const pg of [moved, back]) add.newPgUpmapItems.set(pg, [before[0] as number, other]);
    const between = applyIncremental(map, OsdMapIncremental.decode(add.encode()));
    const drop = new OsdMapIncremental();
    Object.assign(drop, { fsid: map.fsid, epoch: between.epoch + 1, oldPgUpmap: [gone], oldPgUpmapItems: [back] });
    const next = decodeOsdMap(encodeOsdMap(applyIncremental(between, OsdMapIncremental.decode(drop.encode()))));
    expect(next.pgUpmap.get(1, set.seed)).toEqual(wanted);
    expect(next.pgUpmap.get(1, gone.seed)).toBeUndefined();
    expect(next.pgUpmapItems.get(1, back.seed)).toBeUndefined();
    // those that are down are left out of what is up
    const isUp = (osd: number): boolean => next.isUp(osd);
    expect(next.placePg(1, set.seed)?.up).toEqual(wanted.filter(isUp));
    expect(next.placePg(1, moved.seed)?.up).toEqual([other, ...before.slice(1)].filter(isUp));
  });

  it('knows who is blocklisted, by one address or by all of a host', () => {
    const map = mapOf(fixtures[0] as Fixture);
    const addr = map.osdAddrs(0).front();
    expect(map.isBlocklisted(addr)).toBe(false);
    map.blocklist.set(String(addr.withType(3)), { addr: addr.withType(3), until: map.modified });
    expect(map.isBlocklisted(addr)).toBe(true);
    expect(map.isBlocklisted(addr.withNonce(99))).toBe(false);
  });
});
