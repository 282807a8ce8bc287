// Every ```ts block of docs/real-cluster.md runs to its end against a real cluster, found through CEPH_CONF as a reader's would be.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import ts from 'typescript';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

const root = path.join(import.meta.dirname, '..', '..');
const scratch = path.join(root, 'node_modules', '.cache', 'guide-examples');
const guide = readFileSync(path.join(root, 'docs', 'real-cluster.md'), 'utf8');
const blocks = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
const run = promisify(execFile);

describeWithCeph('docs/real-cluster.md (skipped where Ceph is not installed)', () => {
  let ceph: RealCluster;
  beforeAll(async () => {
    ceph = await RealCluster.start({ port: 13760, osds: 1, fs: true, auth: 'none' });
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    writeFileSync(path.join(scratch, 'package.json'), '{ "type": "module" }\n');
  }, 60_000);
  afterAll(async () => {
    await ceph?.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  it('has examples', () => expect(blocks.length).toBeGreaterThan(1));

  it.each(blocks.map((source, i) => [i + 1, source] as const))(
    'example %i runs against a real cluster',
    async (i, source) => {
      const file = path.join(scratch, `example-${i}.js`);
      const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
      writeFileSync(file, ts.transpileModule(source, { compilerOptions: options }).outputText);
      const { stderr } = await run(process.execPath, [file], { env: { ...process.env, CEPH_CONF: ceph.conf }, timeout: 60_000 });
      expect(stderr).toBe('');
    },
    70_000,
  );
});
