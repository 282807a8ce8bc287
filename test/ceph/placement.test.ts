// Placement as osdmaptool sees it: 200 maps of every shape, each placement group of each.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CrushMap } from '../../packages/rados/src/crush/crush-map.js';
import { decodeOsdMap, encodeOsdMap } from '../../packages/rados/src/osdmap/osd-map-codec.js';
import { crushText, makeOsdMap, placementText } from '../../packages/rados/test/osdmap/map-maker.js';

const hasTools = ['crushtool', 'osdmaptool'].every((name) => spawnSync('which', [name]).status === 0);
if (!hasTools) process.stderr.write('SKIPPED: no crushtool and osdmaptool on this machine\n');
const MAPS = Number(process.env['CEPHTS_PLACEMENT_MAPS'] ?? 200);

(hasTools ? describe : describe.skip)('placement', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'cephts-placement-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it(`puts every placement group of ${MAPS} maps where osdmaptool does`, () => {
    let compared = 0;
    for (let seed = 1; seed <= MAPS; seed++) {
      const { text, osds, rules, pools } = crushText(seed);
      const [source, crushFile, mapFile] = ['crush.txt', 'crush', 'osdmap'].map((name) => path.join(dir, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(source, text);
      execFileSync('crushtool', ['-c', source, '-o', crushFile, '--enable-unsafe-tunables'], { stdio: 'pipe' });
      const map = makeOsdMap(seed, CrushMap.fromBytes(readFileSync(crushFile)), osds, rules, pools);
      const bytes = encodeOsdMap(map);
      writeFileSync(mapFile, bytes);
      const dump = execFileSync('osdmaptool', [mapFile, '--test-map-pgs-dump-all'], { encoding: 'utf8', stdio: 'pipe' });
      const theirs = dump.split('\n').filter((line) => /^\d+\.[0-9a-f]+ raw/.test(line));
      const decoded = decodeOsdMap(bytes);
      const ours = [...decoded.pools].flatMap(([id, pool]) =>
        Array.from({ length: pool.pgNum }, (_, pg) => placementText(decoded, id, pg)),
      );
      expect({ seed, lines: ours }).toEqual({ seed, lines: theirs });
      compared += ours.length;
    }
    expect(compared).toBeGreaterThan(MAPS * 20);
  }, 300_000);
});
