import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { isCephError } from '@cephts/common';
import { AuthEntityName, CEPH_ENTITY_TYPE_CLIENT } from '@cephts/encoding';
import { parseCephArgs, splitArgs } from '../../src/conf/ceph-args.js';
import { CephConf } from '../../src/conf/ceph-conf.js';
import { ConfFile } from '../../src/conf/conf-file.js';
import { Keyring } from '../../src/conf/keyring.js';
import { buildInitialMonMap } from '../../src/mon/initial-monmap.js';

const dir = mkdtempSync(path.join(tmpdir(), 'cephts-conf-'));
afterAll(() => rmSync(dir, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = path.join(dir, name);
  writeFileSync(file, text);
  return file;
};

const KEY = 'AQBilgdrGTw7IRAAKk5KvNbY47sFGuzyu6GsLw==';

describe('a ceph.conf', () => {
  it('has sections, comments, continued lines and quotes', () => {
    const file = ConfFile.parse(
      [
        '# a comment',
        '[global]   ; and another',
        'mon host = 10.0.0.1, \\',
        '  10.0.0.2',
        'log file = "/var/log/a # no comment.log" ',
        "plain = 'single'",
        'escaped = a\\#b',
        '[osd]',
        'osd   data = /a',
        '[global]',
        'plain = again',
      ].join('\n'),
    );
    expect(Object.fromEntries(file.sections.get('global')!)).toMatchObject({ plain: 'again', escaped: 'a#b' });
    expect(file.get(['global'], 'mon host')?.replaceAll(/\s+/g, '')).toBe('10.0.0.1,10.0.0.2');
    expect(file.get(['osd', 'global'], 'osd data')).toBe('/a');
    expect(file.get(['osd', 'global'], 'plain')).toBe('again');
  });

  it.each([
    ['[global', /line 1: a section/],
    ['[global]\nnonsense', /line 2: expected option = value/],
    ['a = b', /line 1: `a` stands before any/],
    ['[global]\na = "b', /line 2: a quote is not closed/],
    ['[global]\na = "b" c', /line 2: text after the closing quote/],
  ])('%j: says which line is wrong, and how', (text, message) => {
    expect(() => ConfFile.parse(text)).toThrow(message);
  });

  it('is read or refused, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('[', ']', '=', '"', "'", '\\', '\n', '#', ';', 'a', ' ', '$', '{') }),
        (text) => {
          try {
            ConfFile.parse(text);
          } catch (error) {
            expect(isCephError(error)).toBe(true);
          }
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });
});

describe('CephConf', () => {
  const file = write(
    'west.conf',
    `[global]
fsid = 74db387d-619a-47be-877f-91af87462aa5
log file = /var/log/$cluster/$name.log
data = \${home}/$type/$cluster-$id
mds cache memory limit = 4M
loop = $other
other = $loop
[mds]
debug = 1
[mds.a]
debug = 2
[client]
debug = 3
`,
  );

  it('takes the most particular section, and expands variables', () => {
    const conf = CephConf.load({ name: 'mds.a', file, env: { HOME: '/home/x' } });
    expect(conf.get('debug')).toBe('2');
    expect(conf.get('log file')).toBe('/var/log/west/mds.a.log');
    expect(conf.get('data')).toBe('/home/x/mds/west-a');
    expect(conf.size('mds_cache_memory_limit')).toBe(4 * 1024 * 1024);
    expect(conf.get('absent')).toBeUndefined();
    expect(() => conf.get('loop')).toThrow(/defined by itself/);
    expect(CephConf.load({ name: 'mds.b', file, env: {} }).get('debug')).toBe('1');
    expect(CephConf.load({ file, env: {} }).get('debug')).toBe('3');
  });

  it('honours CEPH_CONF, CEPH_ARGS and CEPH_KEYRING, the command line above them', () => {
    const env = { CEPH_CONF: file, CEPH_ARGS: '--id joe --debug 7 --keyring /a', CEPH_KEYRING: '/b' };
    const conf = CephConf.load({ env });
    expect(String(conf.name)).toBe('client.joe');
    expect(conf.get('debug')).toBe('7');
    expect(conf.source('debug')).toBe('env');
    expect(conf.get('keyring')).toBe('/a');
    expect(CephConf.load({ env: { CEPH_CONF: file, CEPH_KEYRING: '/b' } }).get('keyring')).toBe('/b');
    expect(CephConf.load({ env, overrides: { debug: '9' } }).get('debug')).toBe('9');
  });

  it('says what is wrong with a file that is not there, or a name that is none', () => {
    expect(() => CephConf.load({ file: '/nowhere.conf', env: {} })).toThrow(/no configuration file \/nowhere\.conf/);
    expect(() => CephConf.load({ name: 'nobody', file, env: {} })).toThrow(/no name of an entity/);
  });

  it('prints no key', () => {
    expect(String(CephConf.load({ file, env: {}, overrides: { key: KEY } }))).not.toContain(KEY);
  });
});

describe('Ceph’s common arguments', () => {
  it.each<[string, object]>([
    ['-c f -n mds.a -f', { file: 'f', name: 'mds.a', foreground: true, rest: [] }],
    ['--conf=f --id x --mon-host=h', { file: 'f', id: 'x', overrides: { mon_host: 'h' } }],
    ['-m h -k r status --format json', { overrides: { mon_host: 'h', keyring: 'r' }, rest: ['status', '--format', 'json'] }],
    ['-d -- --id x', { debug: true, foreground: true, rest: ['--', '--id', 'x'] }],
  ])('%s', (line, expected) => {
    expect(parseCephArgs(line.split(' '), (name) => ['mon_host', 'keyring'].includes(name))).toMatchObject(expected);
  });

  it('CEPH_ARGS is split at white space outside of quotes', () => {
    expect(splitArgs(`--a 'b c'  --d="e f" g\\ h`)).toEqual(['--a', 'b c', '--d=e f', 'g h']);
  });
});

describe('a keyring', () => {
  const text = `[client.admin]\n\tkey = ${KEY}\n\tcaps mon = "allow *"\n\tcaps mds = "allow rw path=/a"\n`;

  it('has keys and caps by entity, and goes out as it came in', () => {
    const ring = Keyring.parse(text);
    const name = new AuthEntityName(CEPH_ENTITY_TYPE_CLIENT, 'admin');
    expect(ring.getSecret(name)?.toBase64()).toBe(KEY);
    expect(ring.get(name)?.caps.get('mds')).toBe('allow rw path=/a');
    expect(ring.toText()).toBe(text);
    expect(`${String(ring)}${JSON.stringify(ring)}`).not.toContain(KEY);
  });

  it.each([
    [`[client.admin]\nkey = ${KEY}x!`, /client\.admin.*base64/],
    [`[client.admin]\nkey = ${KEY.slice(0, 30)}`, /client\.admin.*damaged/],
    [`[nobody]\nkey = ${KEY}`, /nobody/],
    [`[client.admin]\n${KEY}`, /neither key nor caps/],
    [`key = ${KEY}`, /line 1/],
  ])('is refused without a word of its keys', (broken, message) => {
    let said = '';
    try {
      Keyring.parse(broken);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(message);
    expect(said).not.toContain(KEY.slice(0, 12));
  });
});

describe('mon host', () => {
  const addrsOf = async (text: string): Promise<string[]> => {
    const map = await buildInitialMonMap({ get: (option) => (option === 'mon_host' ? text : undefined) });
    return [...map.monInfo.values()].map(({ publicAddrs }) => String(publicAddrs));
  };

  it.each<[string, string[]]>([
    ['10.0.0.1', ['v2:10.0.0.1:3300/0']],
    [
      '10.0.0.1,10.0.0.2 10.0.0.3;10.0.0.4',
      ['v2:10.0.0.1:3300/0', 'v2:10.0.0.2:3300/0', 'v2:10.0.0.3:3300/0', 'v2:10.0.0.4:3300/0'],
    ],
    ['10.0.0.1:6789,10.0.0.2:3300', ['v2:10.0.0.2:3300/0']],
    ['10.0.0.1:16000', ['v2:10.0.0.1:16000/0']],
    ['v2:10.0.0.1:3300/0', ['v2:10.0.0.1:3300/0']],
    [
      '[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0],[v2:10.0.0.2:3300/0]',
      ['[v2:10.0.0.1:3300/0,v1:10.0.0.1:6789/0]', 'v2:10.0.0.2:3300/0'],
    ],
    ['[2001:db8::1]', ['v2:[2001:db8::1]:3300/0']],
    ['[2001:db8::1]:3301', ['v2:[2001:db8::1]:3301/0']],
    ['v2:[2001:db8::1]:3300/0', ['v2:[2001:db8::1]:3300/0']],
  ])('%s', async (text, expected) => {
    expect(await addrsOf(text)).toEqual(expected);
  });

  it('with names of hosts looks them up', async () => {
    expect((await addrsOf('localhost:16000')).some((addr) => addr.includes('16000'))).toBe(true);
  });

  it('that names none that can be used is an error', async () => {
    await expect(addrsOf('v1:10.0.0.1:6789')).rejects.toMatchObject({ code: 'ERR_CEPH_NO_MONITORS' });
    await expect(addrsOf('[v2:nonsense]')).rejects.toMatchObject({ code: 'ERR_CEPH_NO_MONITORS' });
  });
});
