// Against a real monitor, where Debian's ceph-mon is installed; it is started here, alone, on loopback, and ended afterwards.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { health } from './health.mjs';

const installed = ['ceph-mon', 'monmaptool'].every((name) => spawnSync('which', [name]).status === 0);
const skip = installed ? false : 'no ceph-mon here: apt-get install ceph-mon ceph-common';

async function freePort() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

async function startMonitor(t) {
  const dir = mkdtempSync(path.join(tmpdir(), 'mon-command-'));
  const conf = path.join(dir, 'ceph.conf');
  const fsid = randomUUID();
  const addr = `[v2:127.0.0.1:${await freePort()}/0]`;
  mkdirSync(path.join(dir, 'mon'));
  writeFileSync(
    conf,
    `[global]
fsid = ${fsid}
mon host = ${addr}
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
mon data = ${dir}/mon
admin socket = ${dir}/$name.asok
run dir = ${dir}
log file = ${dir}/$name.log
`,
  );
  const monmap = path.join(dir, 'monmap');
  execFileSync('monmaptool', ['--create', '--addv', 'a', addr, '--fsid', fsid, monmap], { stdio: 'ignore' });
  execFileSync('ceph-mon', ['-i', 'a', '-c', conf, '--mkfs', '--monmap', monmap], { stdio: 'ignore' });
  const mon = spawn('ceph-mon', ['-i', 'a', '-c', conf, '-f'], { stdio: 'ignore' });
  t.after(async () => {
    const exit = once(mon, 'exit');
    mon.kill();
    await exit;
    rmSync(dir, { recursive: true, force: true });
  });
  return { conf, fsid };
}

test('tells what a real monitor says of its cluster', { skip }, async (t) => {
  const { conf, fsid } = await startMonitor(t);
  const found = await health(conf);
  assert.equal(found.fsid, fsid);
  assert.deepEqual(found.monitors, ['a']);
  assert.match(found.status, /^HEALTH_(OK|WARN)$/);
});

test('without a configuration the error says so', async () => {
  await assert.rejects(
    health('/nonexistent/ceph.conf'),
    (error) => error.code === 'ERR_CEPH_CONF' && /nonexistent/.test(error.message),
  );
});
