// `ceph osd dump` of a real cluster where everything that the map of OSDs knows is set, against ours.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cluster, CrushMap, decodeOsdMap, encodeOsdMap, toJson } from '../../packages/rados/src/index.js';
import { crushText, makeOsdMap } from '../../packages/rados/test/osdmap/map-maker.js';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

/** Lines, so that a difference is shown without all the rest; the blocklist in order: in Ceph it is a hash table. */
const lines = (json: string): string[] =>
  json
    .replace(/"blocklist":\{([^}]*)\}/, (_, list: string) => `"blocklist":{${list.split(',').sort().join()}}`)
    .replaceAll(/[{[,]/g, '$&\n')
    .split('\n');

/** Commands of `ceph`, one a line. */
const SETUP = `
osd pool create plain 8
osd erasure-code-profile set pair k=2 m=1 crush-failure-domain=osd
osd pool create coded 8 8 erasure pair
osd pool set coded fast_read 1
osd pool create cache 8
osd pool mksnap plain one
osd pool mksnap plain two
osd pool rmsnap plain one
osd pool application enable plain rbd
osd pool application enable plain shop --yes-i-really-mean-it
osd pool application set plain shop owner me
osd pool set-quota plain max_bytes 1000000000
osd pool set-quota plain max_objects 1000
osd pool set plain compression_mode force
osd pool set plain compression_required_ratio 0.7
osd pool set plain pg_num_min 4
osd pool set plain target_size_ratio 0.1
osd pool set plain noscrub true
osd tier add coded cache
osd tier cache-mode cache writeback
osd tier set-overlay coded cache
osd pool set cache hit_set_type bloom
osd pool set cache hit_set_count 4
osd pool set cache hit_set_period 3600
osd pool set cache hit_set_fpp 0.05
osd pool set cache target_max_bytes 1000000
osd pool set cache min_read_recency_for_promote 2
osd reweight 1 0.8
osd primary-affinity 2 0.3
osd set noout
osd set nodeep-scrub
osd set-group noup,nodown osd.1
osd set-group noin default
osd crush rm-device-class osd.1
osd crush set-device-class slow osd.1
osd set-group noout slow
osd blocklist add 127.0.0.9:0/1234 3600
osd blocklist add 127.0.0.8:6800/77 7200
osd blocklist range add 10.1.0.0/16 3600
osd blocklist range add 2001:db8::/32 3600
osd blocklist add 127.0.0.9:0/1234 7200
osd set-nearfull-ratio 0.81
osd set-require-min-compat-client luminous
`;

describeWithCeph('the map of OSDs', () => {
  let ceph: RealCluster;
  let cluster: Cluster;
  beforeAll(async () => {
    ceph = await RealCluster.start({ port: 17_900, osds: 3 });
    cluster = await Cluster.connect({ conf: { file: ceph.conf } });
    await cluster.waitForLatestOsdMap();
  }, 90_000);
  afterAll(async () => {
    await cluster?.shutdown();
    await ceph?.stop();
  });

  interface Shown extends Record<string, unknown> {
    epoch: number;
  }

  /** Compares the map that came whole, and the one that came in steps. */
  const compare = async (): Promise<Shown> => {
    const shown = ceph.ceph('osd', 'dump', '--format', 'json').trim();
    const parsed = JSON.parse(shown) as Shown;
    const file = path.join(ceph.dir, 'osdmap');
    ceph.ceph('osd', 'getmap', String(parsed.epoch), '-o', file);
    const whole = decodeOsdMap(readFileSync(file));
    expect(lines(toJson(whole.dump()))).toEqual(lines(shown));
    expect(Buffer.from(encodeOsdMap(whole)).equals(readFileSync(file))).toBe(true);
    await cluster.waitForLatestOsdMap();
    const { osdmap } = cluster.objecter;
    // it may be on already
    if (osdmap.epoch === parsed.epoch) expect(lines(toJson(osdmap.dump()))).toEqual(lines(shown));
    return parsed;
  };

  it('of a new cluster prints as `ceph osd dump` does', async () => {
    await compare();
  });

  it('prints as `ceph osd dump` does where everything is set', async () => {
    for (const line of SETUP.trim().split('\n')) await ceph.cephMeanwhile(...line.split(' '));
    await cluster.waitForLatestOsdMap();
    const pool = cluster.objecter.osdmap.poolByName('plain') as number;
    const up = (seed: number): readonly number[] => cluster.objecter.osdmap.placePg(pool, seed)?.up ?? [];
    const other = (seed: number): number => [0, 1, 2].find((osd) => !up(seed).includes(osd)) as number;
    const items = [`${pool}.0`, String(up(0)[0]), String(other(0))];
    await ceph.cephMeanwhile('osd', 'pg-upmap-items', ...items);
    await ceph.cephMeanwhile('osd', 'pg-upmap', `${pool}.1`, String(other(1)), String(up(1)[0]));
    await ceph.cephMeanwhile('osd', 'pg-temp', `${pool}.2`, String(other(2)), String(up(2)[0]));
    await ceph.cephMeanwhile('osd', 'primary-temp', `${pool}.3`, String(up(3)[1]));
    const shown = await compare();
    // nothing of it was empty
    const set = ['pg_upmap', 'pg_upmap_items', 'blocklist', 'range_blocklist', 'crush_node_flags', 'device_class_flags'];
    for (const name of set) expect(Object.keys(shown[name] as object)).not.toEqual([]);
    expect(shown['flags_set']).toEqual(expect.arrayContaining(['noout', 'nodeep-scrub']));
  }, 180_000);
});

const hasTool = spawnSync('which', ['osdmaptool']).status === 0;
(hasTool ? describe : describe.skip)('made maps of OSDs', () => {
  it('print as osdmaptool does', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'cephts-dump-'));
    const file = path.join(dir, 'osdmap');
    try {
      for (let seed = 1; seed <= 60; seed++) {
        const { text, osds, rules, pools } = crushText(seed);
        writeFileSync(path.join(dir, 'text'), text);
        execFileSync('crushtool', ['-c', path.join(dir, 'text'), '-o', path.join(dir, 'crush'), '--enable-unsafe-tunables'], {
          stdio: 'pipe',
        });
        const map = makeOsdMap(seed, CrushMap.fromBytes(readFileSync(path.join(dir, 'crush'))), osds, rules, pools);
        // those that osdmaptool sets in any map of this release
        map.flags = 0x588000;
        writeFileSync(file, encodeOsdMap(map));
        const shown = execFileSync('osdmaptool', [file, '--dump', 'json'], { encoding: 'utf8', stdio: 'pipe' }).trim();
        expect({ seed, lines: lines(toJson(decodeOsdMap(readFileSync(file)).dump())) }).toEqual({ seed, lines: lines(shown) });
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }, 120_000);
});
