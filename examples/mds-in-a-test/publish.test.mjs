import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { CephFsClient, startEmbeddedMds } from '@cephts/mds-reference';
import { publish } from './publish.mjs';

let dataDir;
let mds;
let client;

async function boot() {
  mds = await startEmbeddedMds({ dataDir, services: false, msgrWorkers: 0 });
  client = await CephFsClient.connect({ monAddr: mds.monAddr });
}

async function names(folder) {
  const found = [];
  for await (const { name } of client.readdir((await client.resolve(folder)).ino)) found.push(name);
  return found.sort();
}

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'mds-in-a-test-'));
  await boot();
});

afterEach(async () => {
  await client.close();
  await mds.close();
  await rm(dataDir, { recursive: true });
});

test('a published file is there under its name, its draft is gone', async () => {
  const ino = await publish(client, '/releases/2026', 'notes.txt', { mode: 0o600, label: 'draft of May' });
  assert.deepEqual(await names('/releases/2026'), ['notes.txt']);
  const stat = await client.resolve('/releases/2026/notes.txt');
  assert.equal(stat.ino, ino);
  assert.equal(stat.mode & 0o777, 0o600);
});

test('publishing again puts the new file in the place of the old one', async () => {
  const first = await publish(client, '/releases', 'notes.txt');
  const second = await publish(client, '/releases', 'notes.txt');
  assert.notEqual(first, second);
  assert.equal((await client.resolve('/releases/notes.txt')).ino, second);
  assert.deepEqual(await names('/releases'), ['notes.txt']);
});

test('what was published is there after the server was started again', async () => {
  const ino = await publish(client, '/releases', 'notes.txt');
  await client.close();
  await mds.close();
  await boot();
  assert.equal((await client.resolve('/releases/notes.txt')).ino, ino);
});

test('a folder that is a file is an error of the file system, with its number', async () => {
  await publish(client, '/', 'file');
  await assert.rejects(
    publish(client, '/file/below', 'notes.txt'),
    (error) => error.code === 'ERR_CEPH_ENOTDIR' && error.errno === 20,
  );
});
