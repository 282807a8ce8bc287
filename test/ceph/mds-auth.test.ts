// Real clients, `ceph tell` and libcephfs, show their tickets to our MDS; and what was forged, is old, or was heard before.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { CephContext, functionLog } from '@cephts/common';
import { CEPH_ENTITY_TYPE_MDS, EntityName } from '@cephts/encoding';
import { AUTH_METHOD, CON_MODE, MessageRegistry, Messenger, Policy } from '@cephts/async-messenger';
import type { AuthClient, Connection } from '@cephts/async-messenger';
import { loadMdsConf, startClusterMds } from '@cephts/mds-reference';
import type { ClusterMds } from '@cephts/mds-reference';
import { CephConf, MCommand, connectCluster, radosMessageClasses } from '@cephts/rados';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

const hasLibcephfs = ((): boolean => {
  try {
    execFileSync('/usr/bin/python3', ['-c', 'import cephfs'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** libcephfs sends a command to an MDS by its name. */
const TELL = `
import cephfs, sys, json
fs = cephfs.LibCephFS(conffile=sys.argv[1]); fs.init()
r, out, err = fs.mds_command('ts', json.dumps({'prefix': 'status'}), '')
print(r, out.decode())
fs.shutdown()
`;

describeWithCeph.each(['crc', 'secure'] as const)('our MDS and the tickets of its clients, %s mode', (mode) => {
  let cluster: RealCluster;
  const lines: string[] = [];
  let mds: ClusterMds;

  beforeAll(async () => {
    cluster = await RealCluster.start({ port: mode === 'crc' ? 16_800 : 16_860, mode });
    cluster.addMdsKey('ts');
    const conf = loadMdsConf('ts', {
      file: cluster.conf,
      env: {},
      overrides: { ms_async_op_threads: '0', keyring: cluster.keyring },
    });
    mds = await startClusterMds({
      conf,
      services: false,
      context: { log: functionLog((subsys, level, line) => lines.push(`${subsys} ${level} ${line}`), 5) },
    });
    await cluster.until(() => cluster.ceph('fs', 'dump').includes('[mds.ts'), 'mds.ts is not in the map');
  }, 120_000);
  afterAll(async () => {
    await mds.close();
    await cluster?.stop();
  }, 60_000);

  /** Runs a real client without blocking this isolate, which is the MDS. */
  const run = async (command: string, args: string[]): Promise<string> => {
    const { spawn } = await import('node:child_process');
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await new Promise((resolve) => child.once('exit', resolve));
    return out;
  };

  it('ceph tell is let in', async () => {
    const out = await run('ceph', ['-c', cluster.conf, 'tell', 'mds.ts', 'status']);
    expect(out).toContain(cluster.fsid);
  }, 60_000);

  (hasLibcephfs ? it : it.skip)(
    'libcephfs is let in',
    async () => {
      expect(await run('/usr/bin/python3', ['-c', TELL, cluster.conf])).toContain(cluster.fsid);
    },
    60_000,
  );

  it('who has no caps for the MDS is let in by its ticket, and not obeyed', async () => {
    const key = await run('ceph', ['-c', cluster.conf, 'auth', 'get-or-create', 'client.weak', 'mon', 'allow r', 'mds', 'allow r']);
    expect(key).toContain('client.weak');
    const secret = /key = (\S+)/.exec(key)?.[1] as string;
    const out = await run('ceph', ['-c', cluster.conf, '-n', 'client.weak', '--key', secret, 'tell', 'mds.ts', 'status']);
    expect(out).toMatch(/EACCES/);
    expect(out).not.toContain('cluster_fsid');
  }, 60_000);

  /** Connects to the MDS as `authClient` has it; resolves to whether it was let in. */
  const tryToEnter = async (authClient: AuthClient): Promise<boolean> => {
    const cct = new CephContext({ conf: { ms_async_op_threads: 0, ms_initial_backoff: 60 } });
    const messenger = new Messenger(cct, {
      name: EntityName.client(4242),
      logicalName: 'intruder',
      registry: new MessageRegistry(radosMessageClasses),
      authClient,
    });
    messenger.setDefaultPolicy(Policy.lossyClient());
    const refused = lines.length;
    const outcome = new Promise<boolean>((resolve) => {
      messenger.addDispatcherTail({
        msDispatch: () => true,
        msHandleConnect: () => resolve(true),
        msHandleReset: () => (resolve(false), true),
      });
      const poll = setInterval(() => {
        if (!lines.slice(refused).some((line) => line.includes('bad authorizer'))) return;
        clearInterval(poll);
        resolve(false);
      }, 20);
    });
    messenger.start();
    messenger.connectTo(CEPH_ENTITY_TYPE_MDS, mds.process.messenger.myaddrs).sendMessage(new MCommand());
    const entered = await outcome;
    await messenger.shutdown();
    await messenger.wait();
    return entered;
  };

  /** A real client's way in, with what it says changed on the way. */
  const tampering = async (change: (said: Uint8Array, round: number) => Uint8Array): Promise<boolean> => {
    const client = await connectCluster(CephConf.load({ file: cluster.conf, env: {} }), { timeoutMs: 20_000 });
    const real = client.monc.authClient;
    const entered = await tryToEnter({
      getAuthRequest: (con: Connection, meta) => {
        const plan = real.getAuthRequest(con, meta);
        return typeof plan === 'number' ? plan : { ...plan, payload: change(plan.payload, 0) };
      },
      handleAuthReplyMore: (con, meta, payload) => {
        const more = real.handleAuthReplyMore(con, meta, payload);
        return typeof more === 'number' ? more : change(more, 1);
      },
      handleAuthDone: (con, meta, id, conMode, payload) => real.handleAuthDone(con, meta, id, conMode, payload),
      handleAuthBadMethod: () => -13,
    });
    await client.shutdown();
    return entered;
  };

  it('what a real ticket says unchanged is let in, so that the next tests test something', async () => {
    expect(await tampering((said) => said)).toBe(true);
  }, 30_000);

  it('a forged ticket is refused', async () => {
    // a bit of the ticket's first sealed block, which holds cephx's magic: CBC has no checksum, and in later blocks a bit may just
    // be that of a later expiry
    const flip = (said: Uint8Array): Uint8Array => said.map((byte, i) => (i === 30 ? byte ^ 1 : byte));
    expect(await tampering(flip)).toBe(false);
  }, 30_000);

  it('a ticket of somebody else is refused to who cannot answer the challenge with its session key', async () => {
    expect(
      await tampering((said, round) => (round === 1 ? said.map((byte, i) => (i === said.length - 1 ? byte ^ 1 : byte)) : said)),
    ).toBe(false);
  }, 30_000);

  it('what was heard of another connection is refused: the challenge is a new one each time', async () => {
    const heard: Uint8Array[] = [];
    await tampering((said) => (heard.push(said), said));
    expect(heard).toHaveLength(2);
    const replayer: AuthClient = {
      getAuthRequest: () => ({
        method: AUTH_METHOD.CEPHX,
        preferredModes: [mode === 'crc' ? CON_MODE.CRC : CON_MODE.SECURE],
        payload: heard[0] as Uint8Array,
      }),
      handleAuthReplyMore: () => heard[1] as Uint8Array,
      handleAuthDone: () => 0,
      handleAuthBadMethod: () => -13,
    };
    expect(await tryToEnter(replayer)).toBe(false);
  }, 30_000);

  it('an expired ticket is refused', async () => {
    const client = await connectCluster(CephConf.load({ file: cluster.conf, env: {} }), { timeoutMs: 20_000 });
    const { clock } = mds.cct;
    const now = clock.now.bind(clock);
    // the MDS's clock is two hours on, when tickets of an hour count no more
    (clock as { now: () => number }).now = () => now() + 2 * 3600_000;
    try {
      expect(await tryToEnter(client.monc.authClient)).toBe(false);
    } finally {
      (clock as { now: () => number }).now = now;
      await client.shutdown();
    }
  }, 30_000);

  it('method none is refused', async () => {
    const payload = new Uint8Array([1, 8, 0, 0, 0, 5, 0, 0, 0, 97, 100, 109, 105, 110, 1, 0, 0, 0, 0, 0, 0, 0]);
    let refusedWith = 0;
    const none: AuthClient = {
      getAuthRequest: () => ({ method: AUTH_METHOD.NONE, preferredModes: [CON_MODE.CRC], payload }),
      handleAuthReplyMore: () => -22,
      handleAuthDone: () => 0,
      handleAuthBadMethod: (_con, _meta, _method, result) => {
        refusedWith = result;
        lines.push('bad authorizer: method none');
        return -13;
      },
    };
    expect(await tryToEnter(none)).toBe(false);
    expect(refusedWith).toBe(-95);
  }, 30_000);

  it('leaves no key and no ticket in the log', () => {
    expect(lines.length).toBeGreaterThan(10);
    const keys = cluster.ceph('auth', 'ls').match(/AQ[A-Za-z0-9+/=]{36,}/g) ?? [];
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) expect(lines.join('\n')).not.toContain(key);
  });
});
