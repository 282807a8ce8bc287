import { describe, expect, it } from '@jest/globals';
import { CephContext, CephError } from '@cephts/common';
import { AdminSocket } from '../../src/services/admin-socket.js';
import { checkRequest } from '../../src/services/command-registry.js';
import { renderResult } from '../../src/services/self-answers.js';

const VERSION = { version: '16.2.15', release: 'pacific', releaseType: 'stable' };

function makeSocket(): { cct: CephContext; socket: AdminSocket } {
  const cct = new CephContext({ name: 'mds.a' });
  return { cct, socket: new AdminSocket(cct, VERSION) };
}

describe('commands without the thread', () => {
  it('answer version and help in Ceph’s form', async () => {
    const { socket } = makeSocket();
    expect(JSON.parse(await socket.command('version'))).toEqual({ version: '16.2.15', release: 'pacific', release_type: 'stable' });
    expect(JSON.parse(await socket.command('help'))).toMatchObject({ help: 'list available commands' });
    expect(await socket.command('0')).toBe('2');
  });

  it('list every command with its signature', async () => {
    const { socket } = makeSocket();
    socket.registerCommand('dump tree name=root,type=CephString', 'dump a tree', (_cmd, done) => done(0, '', {}));
    const descriptions = Object.values(
      JSON.parse(await socket.command('get_command_descriptions')) as Record<string, { sig: unknown[] }>,
    );
    expect(descriptions).toContainEqual(expect.objectContaining({ sig: ['dump', 'tree', { name: 'root', type: 'CephString' }] }));
  });

  it('list threads with what they are for', async () => {
    const { cct, socket } = makeSocket();
    cct.threads.add({ name: 'ms_dispatch', kind: 'cooperative', owner: 'DispatchQueue', purpose: 'dispatches' });
    const { threads } = JSON.parse(await socket.command('thread ls')) as { threads: Record<string, unknown>[] };
    expect(threads).toEqual([
      expect.objectContaining({ name: 'ms_dispatch', kind: 'cooperative', purpose: 'dispatches', state: 'created' }),
    ]);
  });

  it('dump perf counters, of one logger or one counter if asked', async () => {
    const { cct, socket } = makeSocket();
    const perf = cct.perf.create('mds', [
      { key: 'request', type: 'counter', description: 'Requests' },
      { key: 'reply', type: 'counter', description: 'Replies' },
    ]);
    perf.inc(0, 3);
    expect(JSON.parse(await socket.command('perf dump'))).toEqual({ mds: { request: 3, reply: 0 } });
    expect(JSON.parse(await socket.command('perf dump', { logger: 'mds', counter: 'request' }))).toEqual({ mds: { request: 3 } });
    await expect(socket.command('perf dump', { logger: 'osd' })).rejects.toMatchObject({ errno: 2 });
  });

  it('run what was registered, with its arguments', async () => {
    const { socket } = makeSocket();
    socket.registerCommand('echo name=text,type=CephString', 'say it back', (cmd, done) => done(0, '', String(cmd['text'])));
    await expect(socket.command('echo', { text: 'hello' })).resolves.toBe('hello');
  });

  it('end with the errno of an error that a command threw', async () => {
    const { socket } = makeSocket();
    socket.registerCommand('fail', 'fail', () => {
      throw new CephError('ERR_CEPH_ENOENT', 'nothing there', { errno: 2 });
    });
    await expect(socket.command('fail')).rejects.toMatchObject({ errno: 2, message: expect.stringContaining('nothing there') });
  });

  it('take the first end of a command and ignore more', async () => {
    const { socket } = makeSocket();
    socket.registerCommand('twice', 'ends twice', (_cmd, done) => {
      done(0, '', 'first');
      done(0, '', 'second');
    });
    await expect(socket.command('twice')).resolves.toBe('first');
  });

  it('refuse a second command of the same prefix', () => {
    const { socket } = makeSocket();
    expect(() => socket.registerCommand('version', '', () => undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_CEPH_EEXIST' }),
    );
  });

  it('are gone once unregistered', async () => {
    const { socket } = makeSocket();
    socket.registerCommand('gone', 'soon', (_cmd, done) => done(0, '', {}));
    socket.unregisterCommand('gone');
    await expect(socket.command('gone')).rejects.toMatchObject({ errno: 22 });
  });
});

describe('requests', () => {
  const commands = [{ desc: { prefix: 'status', args: [] }, help: '' }];

  it.each([
    ['no JSON', '{prefix', 'invalid json'],
    ['no object', '[1]', 'invalid json'],
    ['no prefix', '{"format":"json"}', 'invalid json, missing format and/or prefix'],
    ['an unknown prefix', '{"prefix":"explode"}', 'unknown command prefix explode'],
  ])('with %s end with EINVAL', (_what, json, err) => {
    expect(checkRequest(json, commands)).toEqual({ error: { r: -22, err, out: '' } });
  });

  it('carry their format on', () => {
    expect(checkRequest('{"prefix":"status","format":"json"}', commands)).toMatchObject({ prefix: 'status', format: 'json' });
    expect(checkRequest('{"prefix":"status"}', commands)).toMatchObject({ format: 'json-pretty' });
  });
});

describe('results', () => {
  it('are pretty JSON unless plain JSON was asked for', () => {
    expect(renderResult({ r: 0, err: '', out: { a: 1 } }, 'json-pretty')).toBe('{\n    "a": 1\n}\n');
    expect(renderResult({ r: 0, err: '', out: { a: 1 } }, 'json')).toBe('{"a":1}');
    expect(renderResult({ r: 0, err: '', out: 'text' }, 'json-pretty')).toBe('text');
  });

  it('tell errors in words, since the protocol has no code', () => {
    expect(renderResult({ r: -22, err: 'no such option', out: '' }, 'json')).toBe('ERROR: (22) Invalid argument\nno such option\n');
  });
});
