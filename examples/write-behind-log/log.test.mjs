import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parseLog, WriteBehindLog } from './log.mjs';

let dir;
before(async () => (dir = await mkdtemp(path.join(tmpdir(), 'write-behind-'))));
after(() => rm(dir, { recursive: true }));

test('ten thousand records are acknowledged in order, once each is in the file, with few writes', async () => {
  const file = path.join(dir, 'records');
  const log = await WriteBehindLog.open(file);
  const acknowledged = [];
  for (let i = 0; i < 10_000; i++) {
    log.append({ i }, (r) => acknowledged.push(r === 0 ? i : r));
    if (i % 1000 === 0) await new Promise(setImmediate);
  }
  assert.deepEqual(acknowledged.slice(0, 0), []);
  await log.close();
  const numbers = Array.from({ length: 10_000 }, (_, i) => i);
  assert.deepEqual(acknowledged, numbers);
  assert.deepEqual(
    parseLog(await readFile(file, 'utf8')).map(({ i }) => i),
    numbers,
  );
  assert.ok(log.writes <= 20, `${log.writes} writes`);
});

test('no acknowledgement comes before its record is in the file, nor on the stack of append', async () => {
  const file = path.join(dir, 'order');
  const log = await WriteBehindLog.open(file);
  let onStack = true;
  const seen = await new Promise((resolve) => {
    log.append('first', async (r) => resolve([r, onStack, parseLog(await readFile(file, 'utf8'))]));
    onStack = false;
  });
  assert.deepEqual(seen, [0, false, ['first']]);
  await log.close();
});

test('what an acknowledgement throws does not keep the next one from coming', async () => {
  const errors = [];
  const log = await WriteBehindLog.open(path.join(dir, 'throws'), { onError: (error) => errors.push(error.message) });
  const seen = [];
  log.append(1, () => {
    throw new Error('of the first');
  });
  log.append(2, (r) => seen.push(r));
  await log.close();
  assert.deepEqual([seen, errors], [[0], ['of the first']]);
});

test('when the disk fails every writer is told so', async () => {
  const log = await WriteBehindLog.open(path.join(dir, 'broken'));
  await log.breakDisk();
  const results = [];
  for (let i = 0; i < 3; i++) log.append(i, (r) => results.push(r));
  await log.close();
  assert.deepEqual(results, [-5, -5, -5]);
});

test('a record that a crash cut short is left out', () => {
  assert.deepEqual(parseLog('{"i":1}\n{"i":2}\n{"i'), [{ i: 1 }, { i: 2 }]);
});
