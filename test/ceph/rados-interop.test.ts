// What ours writes, rados and python3-rados read, and the reverse: every operation, on replicated and erasure-coded pools, on both stores.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { CMPXATTR_OP, Cluster, decodeOsdMap, encodeOsdMap, ObjectOperation, Striper } from '@cephts/rados';
import type { IoCtx } from '@cephts/rados';
import { RealCluster } from './real-cluster.mjs';
import { describeWithCeph } from './with-ceph.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const string = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();
const strings = (map: Map<string, Uint8Array>): Record<string, string> =>
  Object.fromEntries([...map].map(([key, value]) => [key, string(value)]));

/** Connects and opens the pool as `io`; what the script puts in `out` is printed as JSON. */
const PREAMBLE = `
import rados, json, sys
c = rados.Rados(conffile=sys.argv[1]); c.connect()
pool = sys.argv[2]
io = c.open_ioctx(pool)
out = {}
`;
const EPILOGUE = `
print(json.dumps(out))
io.close(); c.shutdown()
`;

const stores = ['memstore', 'bluestore'] as const;

for (const [index, store] of stores.entries()) {
  describeWithCeph(`objects on three OSDs with ${store}`, () => {
    let ceph: RealCluster;
    let cluster: Cluster;

    beforeAll(async () => {
      ceph = await RealCluster.start({ osds: 3, port: 17300 + 250 * index, store });
      ceph.ceph('osd', 'pool', 'create', 'rep', '8');
      ceph.ceph('osd', 'erasure-code-profile', 'set', 'k2m1', 'k=2', 'm=1', 'crush-failure-domain=osd');
      ceph.ceph('osd', 'pool', 'create', 'ec', '8', '8', 'erasure', 'k2m1');
      // memstore has no checksums for it
      if (store === 'bluestore') ceph.ceph('osd', 'pool', 'set', 'ec', 'allow_ec_overwrites', 'true', '--yes-i-really-mean-it');
      cluster = await Cluster.connect({ conf: { file: ceph.conf } });
      await cluster.waitForLatestOsdMap();
    }, 120_000);

    afterAll(async () => {
      await cluster?.shutdown();
      await ceph?.stop();
    });

    const python = (pool: string, body: string): Record<string, unknown> =>
      JSON.parse(ceph.python(PREAMBLE + body + EPILOGUE, pool)) as Record<string, unknown>;

    it('has the very bytes of the map that the monitors have', () => {
      const file = path.join(ceph.dir, 'osdmap');
      ceph.ceph('osd', 'getmap', '-o', file);
      const bytes = readFileSync(file);
      expect(Buffer.compare(encodeOsdMap(decodeOsdMap(bytes)), bytes)).toBe(0);
    });

    it('follows incremental maps to the same bytes', async () => {
      for (const change of [
        ['osd', 'reweight', '0', '0.7'],
        ['osd', 'primary-affinity', '1', '0.3'],
        ['osd', 'pool', 'create', 'short', '4'],
        ['osd', 'pg-upmap-items', '1.0', '0', '0'],
        ['osd', 'set', 'noout'],
        ['osd', 'blocklist', 'add', '10.1.2.3:0/99'],
        ['osd', 'pool', 'delete', 'short', 'short', '--yes-i-really-really-mean-it'],
        ['osd', 'reweight', '0', '1'],
        ['osd', 'primary-affinity', '1', '1'],
        ['osd', 'unset', 'noout'],
      ]) {
        try {
          ceph.ceph(...change);
        } catch {
          // such as an upmap that makes no sense for this placement
        }
      }
      await cluster.waitForLatestOsdMap();
      const { epoch } = cluster.osdmap;
      const file = path.join(ceph.dir, 'osdmap');
      ceph.ceph('osd', 'getmap', String(epoch), '-o', file);
      const ours = encodeOsdMap(cluster.osdmap);
      expect(decodeOsdMap(ours).epoch).toBe(epoch);
      expect(Buffer.compare(ours, readFileSync(file))).toBe(0);
    }, 60_000);

    describe.each(store === 'bluestore' ? ['rep', 'ec'] : ['rep'])('in pool %s', (pool) => {
      let io: IoCtx;
      beforeAll(async () => {
        io = await cluster.openIoctx(pool);
      });

      it('writes data that python3-rados and rados read', async () => {
        await io.writeFull('full', text('hello world'));
        await io.write('parts', text('abcdef'));
        await io.write('parts', text('XY'), 2);
        await io.append('parts', text('ghi'));
        await io.writeFull('cut', text('0123456789'));
        await io.truncate('cut', 4);
        await io.writeFull('zeroed', text('0123456789'));
        await io.zero('zeroed', 2, 3);
        await io.writeFull('gone', text('x'));
        await io.remove('gone');
        await io.create('empty');
        await io.writeSame('same', text('ab'), 8);
        const out = python(
          pool,
          `
for oid in ('full', 'parts', 'cut', 'zeroed', 'empty', 'same'):
    out[oid] = io.read(oid).decode('latin1')
out['size'] = io.stat('full')[0]
try:
    io.read('gone')
except rados.ObjectNotFound:
    out['gone'] = 'ENOENT'
`,
        );
        expect(out).toEqual({
          full: 'hello world',
          parts: 'abXYefghi',
          cut: '0123',
          zeroed: '01\0\0\x0056789',
          empty: '',
          same: 'abababab',
          size: 11,
          gone: 'ENOENT',
        });
        expect(ceph.rados('-p', pool, 'get', 'full', '-')).toBe('hello world');
        expect(ceph.rados('-p', pool, 'ls').split('\n').filter(Boolean).sort()).toEqual(
          expect.arrayContaining(['cut', 'empty', 'full', 'parts', 'zeroed']),
        );
      });

      it('reads data that python3-rados writes', async () => {
        python(
          pool,
          `
io.write_full('p1', b'hello')
io.append('p1', b' there')
io.write('p2', b'abc', 5)
io.write_full('p3', b'0123456789'); io.trunc('p3', 3)
io.write_full('p4', b'x'); io.remove_object('p4')
`,
        );
        expect(string(await io.read('p1'))).toBe('hello there');
        expect(string(await io.read('p1', { off: 3, len: 4 }))).toBe('lo t');
        expect(string(await io.read('p2'))).toBe('\0\0\0\0\0abc');
        expect(string(await io.read('p3'))).toBe('012');
        expect((await io.stat('p1')).size).toBe(11);
        await expect(io.read('p4')).rejects.toMatchObject({ code: 'ERR_CEPH_ENOENT' });
        const { extents, data } = await io.sparseRead('p1', 0, 100);
        expect(extents.reduce((sum, { len }) => sum + len, 0)).toBe(data.length);
        expect(string(data)).toContain('hello there');
      });

      it('reads what python3-rados does in compound operations', async () => {
        await io.writeFull('steps', text('0123456789'));
        await io.setXattr('steps', 'gone', text('x'));
        const out = python(
          pool,
          `
with rados.WriteOpCtx() as op:
    op.cmpext(b'012', 0)
    op.write(b'ab', 1)
    op.zero(3, 3)
    op.set_xattr('theirs', b'1')
    op.rm_xattr('gone')
    io.operate_write_op(op, 'steps')
with rados.WriteOpCtx() as op:
    op.new(rados.LIBRADOS_CREATE_EXCLUSIVE)
    op.writesame(b'xy', 6, 0)
    op.append(b'z')
    io.operate_write_op(op, 'steps2')
with rados.WriteOpCtx() as op:
    op.new(rados.LIBRADOS_CREATE_EXCLUSIVE)
    try:
        io.operate_write_op(op, 'steps')
    except rados.ObjectExists:
        out['exclusive'] = 'EEXIST'
io.set_locator_key('key'); io.write_full('located2', b'theirs'); io.set_locator_key('')
io.write_full('steps3', b'x'); io.trunc('steps3', 4)
ret, buf = io.execute('classy2', 'hello', 'record_hello', b'ours')
`,
        );
        expect(out['exclusive']).toBe('EEXIST');
        expect(string(await io.read('steps'))).toBe('0ab\0\0\x006789');
        expect(strings(await io.getXattrs('steps'))).toEqual({ theirs: '1' });
        expect(string(await io.read('steps2'))).toBe('xyxyxyz');
        expect(string(await io.read('steps3'))).toBe('x\0\0\0');
        expect(string(await io.withLocator('key').read('located2'))).toBe('theirs');
        expect(string(await io.read('classy2'))).toContain('Hello, ours');
      }, 30_000);

      it('follows an object that redirects to another', async () => {
        if (pool === 'ec') return;
        ceph.ceph('osd', 'pool', 'create', `far-${store}`, '4');
        await io.writeFull('near', text('near'));
        ceph.rados('-p', pool, 'put', 'target', '/dev/null');
        const far = await cluster.openIoctx(`far-${store}`);
        await far.writeFull('target', text('far away'));
        ceph.rados('-p', pool, '--target-pool', `far-${store}`, 'set-redirect', 'near', 'target');
        expect(string(await io.read('near'))).toBe('far away');
        await io.writeFull('near', text('changed'));
        expect(string(await far.read('target'))).toBe('changed');
      }, 30_000);

      it('shares xattrs both ways', async () => {
        await io.setXattr('attrs', 'ours', text('1'));
        await io.setXattr('attrs', 'gone', text('1'));
        await io.rmXattr('attrs', 'gone');
        const out = python(
          pool,
          `
out['all'] = {k: v.decode() for k, v in io.get_xattrs('attrs')}
io.set_xattr('attrs', 'theirs', b'2')
`,
        );
        expect(out['all']).toEqual({ ours: '1' });
        expect(string(await io.getXattr('attrs', 'theirs'))).toBe('2');
        expect(strings(await io.getXattrs('attrs'))).toEqual({ ours: '1', theirs: '2' });
        await expect(io.getXattr('attrs', 'none')).rejects.toMatchObject({ code: 'ERR_CEPH_ENODATA' });
        expect(ceph.rados('-p', pool, 'listxattr', 'attrs')).toBe('ours\ntheirs\n');
      });

      it('guards writes by comparisons, existence and versions', async () => {
        await io.writeFull('guarded', text('abc'));
        await io.setXattr('guarded', 'n', text('5'));
        const write = (guard: (op: ObjectOperation) => ObjectOperation): Promise<unknown> =>
          io.operate('guarded', guard(new ObjectOperation()).setXattr('done', text('1'))).then(
            () => 'ok',
            (error: { code: string }) => error.code,
          );
        expect(await write((op) => op.cmpXattr('n', CMPXATTR_OP.EQ, text('5')))).toBe('ok');
        expect(await write((op) => op.cmpXattr('n', CMPXATTR_OP.EQ, text('6')))).toBe('ERR_CEPH_ECANCELED');
        expect(await write((op) => op.assertExists())).toBe('ok');
        expect(await write((op) => op.assertVersion(1))).toBe('ERR_CEPH_ERANGE');
        expect(await write((op) => op.create(true))).toBe('ERR_CEPH_EEXIST');
        expect(await io.cmpExt('guarded', 0, text('abc'))).toBe(-1);
        expect(await io.cmpExt('guarded', 0, text('abX'))).toBe(2);
        const missing = io.operate('missing', new ObjectOperation().assertExists().writeFull(text('x')));
        await expect(missing).rejects.toMatchObject({ code: 'ERR_CEPH_ENOENT' });
      });

      it('gives a result for each step of a compound operation', async () => {
        await io.writeFull('compound', text('data'));
        await io.setXattr('compound', 'x', text('y'));
        const op = new ObjectOperation();
        const stat = op.stat();
        const data = op.read(1, 2);
        const xattr = op.getXattr('x');
        const none = op.getXattr('none');
        op.failOk();
        const more = op.getXattrs();
        await io.operate('compound', op);
        expect([stat.value?.size, string(data.value), string(xattr.value), none.r]).toEqual([4, 'at', 'y', -61]);
        expect(strings(more.value as Map<string, Uint8Array>)).toEqual({ x: 'y' });
      });

      it('keeps namespaces and locators as rados does', async () => {
        await io.withNamespace('ns').writeFull('spaced', text('in ns'));
        await io.withLocator('key').writeFull('located', text('by key'));
        const out = python(
          pool,
          `
io.set_namespace('ns'); out['ns'] = io.read('spaced').decode(); io.write_full('spaced2', b'theirs'); io.set_namespace('')
io.set_locator_key('key'); out['key'] = io.read('located').decode(); io.set_locator_key('')
`,
        );
        expect(out).toEqual({ ns: 'in ns', key: 'by key' });
        expect(string(await io.withNamespace('ns').read('spaced2'))).toBe('theirs');
        await expect(io.read('spaced')).rejects.toMatchObject({ code: 'ERR_CEPH_ENOENT' });
        const listed: string[] = [];
        for await (const { nspace, oid, locator } of io.listObjects({ allNamespaces: true }))
          listed.push(`${nspace}/${oid}/${locator}`);
        expect(listed).toEqual(expect.arrayContaining(['ns/spaced/', 'ns/spaced2/', '/located/key', '/full/']));
        expect(new Set(listed).size).toBe(listed.length);
        const all = ceph.rados('-p', pool, '--all', 'ls').split('\n').filter(Boolean);
        expect(listed.length).toBe(all.length);
      }, 30_000);

      it('lists every object once, also many of them', async () => {
        const many = io.withNamespace('many');
        await Promise.all(Array.from({ length: 2500 }, (_, i) => many.create(`m${i}`)));
        const seen = new Set<string>();
        for await (const { oid } of many.listObjects()) seen.add(oid);
        expect(seen.size).toBe(2500);
      }, 60_000);

      it('watches and notifies, across both libraries', async () => {
        await io.writeFull('watched', text('x'));
        await using watch = await io.watch('watched');
        const heard: string[] = [];
        const listening = (async () => {
          for await (const { payload, ack } of watch) {
            heard.push(string(payload));
            ack(text('heard'));
            if (heard.length === 2) return;
          }
        })();
        const reply = await io.notify('watched', text('ours'), { timeoutMs: 5000 });
        expect([...reply.acks.keys()]).toEqual([`${cluster.globalId}/${watch.cookie}`]);
        const [watcher] = await io.listWatchers('watched');
        expect(watcher?.name).toBe(`client.${cluster.globalId}`);
        await ceph.toolMeanwhile('rados', '-p', pool, 'notify', 'watched', 'theirs');
        await listening;
        expect(heard[0]).toBe('ours');
        expect(heard[1]).toContain('theirs');
        expect(watch.check()).toBeLessThan(60_000);
      }, 30_000);

      it('runs methods of object classes', async () => {
        await io.create('classy');
        expect(string(await io.exec('classy', 'hello', 'say_hello', text('you')))).toBe('Hello, you!');
        await expect(io.exec('classy', 'hello', 'no_such')).rejects.toMatchObject({ code: 'ERR_CEPH_EOPNOTSUPP' });
      });

      it('reads what snapshots keep, of both kinds', async () => {
        if (pool === 'ec') return;
        await io.writeFull('snapped', text('before'));
        await io.snapshots.create(`s-${store}`);
        await io.writeFull('snapped', text('after'));
        const snapid = io.snapshots.lookup(`s-${store}`);
        expect(string(await io.withSnap(snapid).read('snapped'))).toBe('before');
        expect(string(await io.read('snapped'))).toBe('after');
        expect((await io.listSnaps('snapped')).clones.map(({ size }) => size).sort()).toEqual([5, 6]);
        expect(ceph.rados('-p', pool, 'lssnap')).toContain(`s-${store}`);
        await io.snapshots.rollback('snapped', `s-${store}`);
        expect(string(await io.read('snapped'))).toBe('before');
        await io.snapshots.remove(`s-${store}`);
        await expect(io.withSnap(snapid).writeFull('snapped', text('x'))).rejects.toMatchObject({ code: 'ERR_CEPH_EROFS' });
      });

      it('streams large objects', async () => {
        const bytes = Buffer.alloc(3_000_000, 'abcdefghij');
        await pipeline(
          Readable.from([bytes.subarray(0, 1_234_567), bytes.subarray(1_234_567)]),
          io.createWriteStream('big', { chunkSize: 500_000 }),
        );
        expect((await io.stat('big')).size).toBe(bytes.length);
        const pieces: Buffer[] = [];
        for await (const piece of io.createReadStream('big', { chunkSize: 700_000 })) pieces.push(piece as Buffer);
        expect(Buffer.compare(Buffer.concat(pieces), bytes)).toBe(0);
        const file = path.join(ceph.dir, 'big');
        ceph.rados('-p', pool, 'get', 'big', file);
        expect(Buffer.compare(readFileSync(file), bytes)).toBe(0);
      }, 30_000);

      it('gives a call up by its signal', async () => {
        const gone = new AbortController();
        const call = io.writeFull('aborted', text('x'), { signal: gone.signal });
        gone.abort();
        await expect(call).rejects.toMatchObject({ name: 'AbortError' });
        await expect(io.read('full', { signal: gone.signal })).rejects.toMatchObject({ name: 'AbortError' });
        const { signal } = gone;
        const striper = new Striper(io);
        for (const given of [
          () => io.stats({ signal }),
          () => io.notify('full', undefined, { signal }),
          () => io.watch('full', { signal }),
          () => io.listObjects({ signal }).next(),
          () => io.snapshots.create('never', { signal }),
          () => striper.writeFull('never', text('x'), { signal }),
          () => pipeline(io.createReadStream('full', { signal }), io.createWriteStream('never', { signal })),
          () => cluster.stat({ signal }),
          () => cluster.poolStats(undefined, { signal }),
          () => cluster.monCommand({ prefix: 'status' }, undefined, { signal }),
          () => cluster.osdCommand(0, { prefix: 'version' }, undefined, { signal }),
          () => cluster.waitForMap(1e6, { signal }),
        ])
          await expect(given()).rejects.toMatchObject({ name: 'AbortError' });
        expect(io.snapshots.list().map(({ name }) => name)).not.toContain('never');
        const late = new AbortController();
        const waiting = cluster.waitForMap(1e6, { signal: late.signal });
        late.abort();
        await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
      });
    });

    it('appends to an erasure-coded pool in whole stripes, and says so where they are not', async () => {
      const io = await cluster.openIoctx('ec');
      const stripe = io.pgPool.stripeWidth;
      expect(io.requiredAlignment).toBe(store === 'bluestore' ? 0 : stripe);
      await io.append('stripes', Buffer.alloc(stripe, 'a'));
      await io.append('stripes', Buffer.alloc(10, 'b'));
      const out = python('ec', `\nout['read'] = io.read('stripes', 100000).decode()\n`);
      expect(out['read']).toBe('a'.repeat(stripe) + 'b'.repeat(10));
      await expect(io.omapSetHeader('stripes', text('x'))).rejects.toMatchObject({ code: 'ERR_CEPH_EOPNOTSUPP' });
      const odd = io.write('stripes', text('x'), 5);
      if (store === 'memstore') await expect(odd).rejects.toMatchObject({ code: 'ERR_CEPH_EOPNOTSUPP' });
      else await odd;
    });

    it('shares omaps both ways', async () => {
      const io = await cluster.openIoctx('rep');
      const keys = Array.from({ length: 2300 }, (_, i) => [`k${String(i).padStart(5, '0')}`, text(String(i))] as const);
      await io.omapSet('omap', new Map(keys));
      await io.omapSetHeader('omap', text('head'));
      await io.omapRmKeys('omap', ['k00001']);
      const out = python(
        'rep',
        `
with rados.ReadOpCtx() as op:
    it, ret = io.get_omap_vals(op, '', '', 3)
    io.operate_read_op(op, 'omap')
    out['first'] = {k: v.decode() for k, v in it}
with rados.WriteOpCtx() as op:
    io.set_omap(op, ('theirs',), (b'v',))
    io.operate_write_op(op, 'omap')
`,
      );
      expect(out['first']).toEqual({ k00000: '0', k00002: '2', k00003: '3' });
      expect(strings(await io.omapGetValsByKeys('omap', ['theirs', 'none']))).toEqual({ theirs: 'v' });
      expect(string(await io.omapGetHeader('omap'))).toBe('head');
      let count = 0;
      for await (const [key] of io.omapEntries('omap')) if (key) count++;
      expect(count).toBe(2300);
      const page = await io.omapGetKeys('omap', 'k02297', 10);
      expect(page).toEqual({ keys: ['k02298', 'k02299', 'theirs'], more: false });
      const guard = new Map([['theirs', { value: text('v'), op: CMPXATTR_OP.EQ }]]);
      await io.operate('omap', new ObjectOperation().omapCmp(guard).omapRmRange('k', 'l'));
      expect((await io.omapGetKeys('omap')).keys).toEqual(['theirs']);
      await io.omapClear('omap');
      expect((await io.omapGetKeys('omap')).keys).toEqual([]);
      expect(string(await io.omapGetHeader('omap'))).toBe('');
    }, 30_000);

    it('keeps self-managed snapshots', async () => {
      ceph.ceph('osd', 'pool', 'create', 'selfsnap', '8');
      const io = await cluster.openIoctx('selfsnap');
      await io.writeFull('o', text('one'));
      const snap = await io.snapshots.createSelfManaged();
      await io.withSnapContext(snap, [snap]).writeFull('o', text('two'));
      expect(string(await io.withSnap(snap).read('o'))).toBe('one');
      await io.snapshots.removeSelfManaged(snap);
      expect(() => io.withSnapContext(1, [3])).toThrow('EINVAL');
    }, 30_000);

    it('stripes as rados --striper does', async () => {
      const io = await cluster.openIoctx('rep');
      const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 7) & 0xff));
      const striper = new Striper(io, { stripeUnit: 4096, stripeCount: 3, objectSize: 16384 });
      await striper.writeFull('striped', bytes);
      const [file, theirs] = ['striped', 'theirs'].map((name) => path.join(ceph.dir, name)) as [string, string];
      ceph.rados('-p', 'rep', '--striper', 'get', 'striped', file);
      expect(Buffer.compare(readFileSync(file), bytes)).toBe(0);
      writeFileSync(theirs, bytes);
      ceph.rados('-p', 'rep', '--striper', 'put', 'striped2', theirs);
      expect(Buffer.compare(Buffer.from(await striper.read('striped2')), bytes)).toBe(0);
      expect((await striper.stat('striped2')).size).toBe(bytes.length);
      await striper.truncate('striped', 70_001);
      ceph.rados('-p', 'rep', '--striper', 'get', 'striped', file);
      expect(Buffer.compare(readFileSync(file), bytes.subarray(0, 70_001))).toBe(0);
      await striper.remove('striped');
      await expect(striper.stat('striped')).rejects.toMatchObject({ code: 'ERR_CEPH_ENOENT' });
    }, 30_000);

    it('says so where a pool or a snapshot is there already, or is not', async () => {
      await expect(cluster.createPool('rep')).rejects.toMatchObject({ code: 'ERR_CEPH_EEXIST' });
      await expect(cluster.deletePool('nowhere')).rejects.toMatchObject({ code: 'ERR_CEPH_ENOENT' });
      await cluster.createPool('twice');
      const { snapshots } = await cluster.openIoctx('twice');
      await snapshots.create('s');
      await expect(snapshots.create('s')).rejects.toMatchObject({ code: 'ERR_CEPH_EEXIST' });
      await cluster.deletePool('twice');
    });

    it('keeps what the steps before a failed one have read', async () => {
      const io = await cluster.openIoctx('rep');
      await io.writeFull('compound', text('hello'));
      const op = new ObjectOperation();
      const data = op.read();
      const compared = op.cmpExt(0, text('heLlo')).result();
      const after = op.stat();
      await expect(io.operate('compound', op)).rejects.toMatchObject({ code: 'ERR_CEPH_MISMATCH' });
      expect([data.r >= 0, string(data.value), compared.r, after.r]).toEqual([true, 'hello', -4097, -4097]);
    });

    it('stops connecting when its signal aborts', async () => {
      const controller = new AbortController();
      const connecting = Cluster.connect({
        conf: { file: ceph.conf, overrides: { mon_host: 'v2:127.0.0.1:1' } },
        signal: controller.signal,
      });
      controller.abort();
      await expect(connecting).rejects.toMatchObject({ code: 'ERR_CEPH_ABORTED' });
    });

    it('ends everything when it is shut down: what is pending, what comes later, and watches', async () => {
      const other = await Cluster.connect({ conf: { file: ceph.conf } });
      const io = await other.openIoctx('rep');
      await io.writeFull('left', text('x'));
      const watch = await io.watch('left');
      const calls = (): Promise<unknown>[] => [
        other.osdCommand(0, { prefix: 'version' }),
        other.monCommand({ prefix: 'status' }),
        other.listPools(),
        other.stat(),
        io.stats(),
        io.read('left'),
        io.notify('left'),
        io.snapshots.createSelfManaged(),
      ];
      const ended = async (pending: readonly Promise<unknown>[]): Promise<void> => {
        for (const outcome of await Promise.allSettled(pending))
          expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CEPH_ESHUTDOWN' } });
      };
      const pending = Promise.all([ended(calls()), ended([watch[Symbol.asyncIterator]().next()])]);
      await other.shutdown();
      await pending;
      await ended([...calls(), io.watch('left'), other.openIoctx('rep')]);
      await watch.close();
    });

    it('answers what an OSD and the pools are asked', async () => {
      const reply = await cluster.osdCommand(0, { prefix: 'version' });
      expect(JSON.parse(string(reply.outbl))).toMatchObject({ release: 'pacific' });
      expect((await cluster.osdCommand(99, { prefix: 'version' })).r).toBe(-2);
      expect([...(await cluster.listPools()).values()]).toEqual(expect.arrayContaining(['rep', 'ec']));
      const { stats } = await cluster.poolStats(['rep']);
      expect(stats.get('rep')?.numObjects).toBeGreaterThanOrEqual(0);
      expect((await cluster.stat()).kb).toBeGreaterThan(1000);
      await expect(cluster.openIoctx('no such pool')).rejects.toMatchObject({ code: 'ERR_CEPH_ENOENT' });
      await cluster.createPool('made');
      expect((await cluster.openIoctx('made')).poolName).toBe('made');
      await cluster.deletePool('made');
    }, 30_000);
  });
}
