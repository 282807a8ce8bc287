import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CephContext } from '@cephts/common';
import { LmdbObjectStore } from '../../src/store/lmdb-object-store.js';
import { ObjectOperation } from '../../src/store/object-store.js';
import { objectStoreCompliance } from './store-compliance.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'cephts-store-'));
let count = 0;
const folder = (): string => path.join(root, String(count++));
const cct = new CephContext();
const LOC = { pool: 2 };
const run = (store: LmdbObjectStore, oid: string, op: ObjectOperation): Promise<number> =>
  new Promise((resolve) => store.operate(oid, LOC, op, resolve));

afterAll(() => rmSync(root, { recursive: true, force: true }));

objectStoreCompliance('LmdbObjectStore', () => LmdbObjectStore.open(cct, folder()));

/** Names, contents of everything in a folder. */
function snapshot(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name)).toString('base64')]));
}

async function used(): Promise<string> {
  const dir = folder();
  const store = await LmdbObjectStore.open(cct, dir);
  await run(store, 'a', new ObjectOperation().writeFull(Uint8Array.of(1, 2, 3)).omapSet(new Map([['k', Uint8Array.of(4)]])));
  await store.close();
  return dir;
}

describe('the folder of an LmdbObjectStore', () => {
  it('has everything again after it was closed and opened', async () => {
    const dir = await used();
    const store = await LmdbObjectStore.open(cct, dir);
    const op = new ObjectOperation();
    const data = op.read();
    const page = op.omapGetVals();
    expect(await run(store, 'a', op)).toBe(0);
    expect([...(data.value as Uint8Array)]).toEqual([1, 2, 3]);
    expect([...(page.value?.vals.get('k') as Uint8Array)]).toEqual([4]);
    await store.close();
  });

  it('is refused, and left untouched, where a newer version wrote it', async () => {
    const dir = await used();
    writeFileSync(path.join(dir, 'object-store.json'), '{"kind":"cephts-objects","format":99,"creating":false}\n');
    const before = snapshot(dir);
    await expect(LmdbObjectStore.open(cct, dir)).rejects.toMatchObject({
      code: 'ERR_CEPH_STORE',
      message: expect.stringContaining('newer version'),
    });
    expect(snapshot(dir)).toEqual(before);
  });

  it.each([
    ['the marker makes no sense', (dir: string) => writeFileSync(path.join(dir, 'object-store.json'), 'hello')],
    ['the marker is gone', (dir: string) => rmSync(path.join(dir, 'object-store.json'))],
    ['the database is gone', (dir: string) => rmSync(path.join(dir, 'data.mdb'))],
    ['the database is empty', (dir: string) => truncateSync(path.join(dir, 'data.mdb'), 0)],
    ['the database is cut', (dir: string) => truncateSync(path.join(dir, 'data.mdb'), 4096)],
    ['the database is something else', (dir: string) => writeFileSync(path.join(dir, 'data.mdb'), Buffer.alloc(65536, 0x5a))],
  ])('is refused, and left untouched, where %s', async (_what, damage) => {
    const dir = await used();
    damage(dir);
    const before = snapshot(dir);
    await expect(LmdbObjectStore.open(cct, dir)).rejects.toMatchObject({
      code: 'ERR_CEPH_STORE',
      message: expect.stringMatching(/damaged.*left as it is/),
    });
    expect(snapshot(dir)).toEqual(before);
  });

  it('is refused, and left untouched, where half of a larger database is gone', async () => {
    const dir = folder();
    const store = await LmdbObjectStore.open(cct, dir);
    for (let i = 0; i < 40; i++) await run(store, `o${i}`, new ObjectOperation().writeFull(new Uint8Array(50_000)));
    await store.close();
    truncateSync(path.join(dir, 'data.mdb'), 1_000_000 - (1_000_000 % 4096));
    const before = snapshot(dir);
    await expect(LmdbObjectStore.open(cct, dir)).rejects.toMatchObject({
      code: 'ERR_CEPH_STORE',
      message: expect.stringMatching(/damaged.*are needed.*left as it is/),
    });
    expect(readFileSync(path.join(dir, 'data.mdb')).toString('base64')).toBe(before['data.mdb']);
  });

  it('is made anew where making it was broken off', async () => {
    const dir = folder();
    mkdirSync(dir);
    writeFileSync(path.join(dir, 'object-store.json'), '{"kind":"cephts-objects","format":1,"creating":true}\n');
    writeFileSync(path.join(dir, 'data.mdb'), 'half');
    const store = await LmdbObjectStore.open(cct, dir);
    expect(await run(store, 'a', new ObjectOperation().create())).toBe(0);
    await store.close();
  });

  it('is opened by one store at a time', async () => {
    const dir = await used();
    const store = await LmdbObjectStore.open(cct, dir);
    await expect(LmdbObjectStore.open(cct, dir)).rejects.toMatchObject({
      code: 'ERR_CEPH_STORE_BUSY',
      message: expect.stringContaining('in use'),
    });
    await store.close();
    const again = await LmdbObjectStore.open(cct, dir);
    await again.close();
  });

  it('is not taken from a process that is alive, and is taken from one that is gone', async () => {
    const dir = await used();
    const other = spawn('sleep', ['60']);
    writeFileSync(path.join(dir, 'object-store.lock'), `${other.pid} \n`);
    await expect(LmdbObjectStore.open(cct, dir)).rejects.toMatchObject({
      code: 'ERR_CEPH_STORE_BUSY',
      message: expect.stringContaining(String(other.pid)),
    });
    const gone = new Promise((resolve) => other.once('exit', resolve));
    other.kill('SIGKILL');
    await gone;
    const store = await LmdbObjectStore.open(cct, dir);
    await store.close();
    expect(existsSync(path.join(dir, 'object-store.lock'))).toBe(false);
  });

  it('holds what was reported durable when it is copied away under way', async () => {
    // a copy of the file is what a crash leaves
    const dir = folder();
    const store = await LmdbObjectStore.open(cct, dir);
    for (let i = 0; i < 20; i++) {
      await run(store, `o${i}`, new ObjectOperation().writeFull(Uint8Array.of(i)));
    }
    const copy = folder();
    mkdirSync(copy);
    for (const name of ['data.mdb', 'object-store.json']) copyFileSync(path.join(dir, name), path.join(copy, name));
    const other = await LmdbObjectStore.open(cct, copy);
    for (let i = 0; i < 20; i++) {
      const op = new ObjectOperation();
      const data = op.read();
      expect(await run(other, `o${i}`, op)).toBe(0);
      expect([...(data.value as Uint8Array)]).toEqual([i]);
    }
    await other.close();
    await store.close();
  });
});
