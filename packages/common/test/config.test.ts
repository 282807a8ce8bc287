import { describe, expect, it } from '@jest/globals';
import { checkOption, checkOptions, MdConfig, parseConfigValue } from '../src/index.js';
import type { ConfigOption } from '../src/index.js';

const option = (type: ConfigOption['type'], rest: Partial<ConfigOption> = {}): ConfigOption => ({
  name: 'opt',
  type,
  default: 0,
  desc: '',
  ...rest,
});

describe('parseConfigValue', () => {
  it.each<[ConfigOption['type'], string | number | boolean, unknown]>([
    ['str', 'x', 'x'],
    ['str', 5, '5'],
    ['int', '-12', -12],
    ['int', ' 7 ', 7],
    ['uint', '7', 7],
    ['float', '0.5', 0.5],
    ['secs', '1.5', 1.5],
    ['millisecs', '250', 250],
    ['bool', 'yes', true],
    ['bool', 'OFF', false],
    ['bool', true, true],
    ['bool', '1', true],
    ['size', '4M', 4194304],
    ['size', '4 MiB', 4194304],
    ['size', '64K', 65536],
    ['size', '1g', 1073741824],
    ['size', 4096, 4096],
    ['size', '12', 12],
  ])('takes %s %p as %p', (type, value, expected) => {
    expect(parseConfigValue(option(type), value)).toBe(expected);
  });

  it.each<[ConfigOption['type'], string | number | boolean, string]>([
    ['int', '1.5', 'an integer'],
    ['int', 'abc', 'an integer'],
    ['int', '', 'an integer'],
    ['int', true, 'an integer'],
    ['uint', '-1', 'a number from 0 to Infinity'],
    ['float', 'abc', 'a number'],
    ['float', '', 'a number'],
    ['secs', '-1', 'a number from 0 to Infinity'],
    ['bool', 'maybe', 'true or false'],
    ['bool', 2, 'true or false'],
    ['size', '4X', 'a size such as 4096, 64K or 4M'],
    ['size', '-4K', 'a size such as 4096, 64K or 4M'],
  ])('refuses %s %p, wanting %s', (type, value, expected) => {
    expect(() => parseConfigValue(option(type), value)).toThrow(
      `Expected \`opt\` to be ${expected}, got \`${value}\` (${typeof value})`,
    );
  });

  it('keeps to bounds and to the words allowed', () => {
    expect(() => parseConfigValue(option('int', { min: 1, max: 5 }), 6)).toThrow('a number from 1 to 5');
    expect(parseConfigValue(option('int', { min: 1, max: 5 }), 5)).toBe(5);
    expect(() => parseConfigValue(option('str', { enumValues: ['a', 'b'] }), 'c')).toThrow('one of a, b');
  });
});

describe('MdConfig', () => {
  const options = [
    option('int', { name: 'depth', default: 3 }),
    option('bool', { name: 'loud', default: false }),
    option('str', { name: 'name', default: 'x' }),
  ];

  it('gives defaults, then what was set, and says where it came from', () => {
    const conf = new MdConfig();
    conf.define(options);
    expect([conf.number('depth'), conf.bool('loud'), conf.str('name'), conf.source('depth')]).toEqual([3, false, 'x', 'default']);
    conf.set('depth', '9', 'file');
    expect([conf.get('depth'), conf.source('depth')]).toEqual([9, 'file']);
    conf.rm('depth');
    expect([conf.get('depth'), conf.source('depth')]).toEqual([3, 'default']);
    expect(conf.show()).toEqual({ depth: 3, loud: false, name: 'x' });
    expect(conf.names()).toEqual(['depth', 'loud', 'name']);
    expect([conf.has('depth'), conf.has('nothing')]).toEqual([true, false]);
  });

  it('checks what was given before its option was known when it becomes known', () => {
    const conf = new MdConfig({ depth: '7', typo: 1 });
    conf.define(options);
    expect(conf.get('depth')).toBe(7);
    expect(conf.source('depth')).toBe('override');
    expect(conf.unknown()).toEqual(['typo']);
    expect(() => new MdConfig({ depth: 'deep' }).define(options)).toThrow(
      expect.objectContaining({ code: 'ERR_CEPH_INVALID_OPTION', errno: 22 }),
    );
  });

  it('keeps the first definition of an option', () => {
    const conf = new MdConfig();
    conf.define(options);
    conf.define([option('int', { name: 'depth', default: 99 })]);
    expect(conf.get('depth')).toBe(3);
  });

  it('refuses names it does not know', () => {
    const conf = new MdConfig();
    expect(() => conf.get('nothing')).toThrow(expect.objectContaining({ code: 'ERR_CEPH_UNKNOWN_OPTION', errno: 2 }));
    expect(() => conf.set('nothing', 1)).toThrow('There is no option `nothing`');
  });

  it('tells observers of changes to what they watch, and of nothing else', () => {
    const conf = new MdConfig();
    conf.define(options);
    const seen: string[] = [];
    const stop = conf.observe((changed) => seen.push([...changed].join()), ['depth']);
    conf.observe((changed) => seen.push(`any ${[...changed].join()}`));
    conf.set('depth', 3);
    conf.set('depth', 4);
    conf.set('loud', true);
    conf.rm('depth');
    stop();
    conf.set('depth', 5);
    expect(seen).toEqual(['depth', 'any depth', 'any loud', 'depth', 'any depth', 'any depth']);
  });
});

describe('checkOption', () => {
  it.each([
    ['number', 0, 5, 5, true],
    ['number', 0, 5, 6, false],
    ['number', undefined, undefined, NaN, false],
    ['integer', 1, undefined, 1.5, false],
    ['integer', 1, undefined, Infinity, true],
    ['boolean', undefined, undefined, 'true', false],
    ['function', undefined, undefined, () => 0, true],
    ['object', undefined, undefined, null, false],
    ['object', undefined, undefined, {}, true],
    ['string', undefined, undefined, undefined, true],
  ] as const)('of type %s from %p to %p: %p fits is %p', (type, min, max, value, fits) => {
    const rule = { type, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
    const check = (): void => checkOption('x', value, rule);
    if (fits) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'ERR_CEPH_INVALID_OPTION' }));
  });

  it('says what it expected and what it got', () => {
    expect(() => checkOption('size', null, { type: 'integer', min: 1, max: 9 })).toThrow(
      'Expected `size` to be an integer from 1 to 9, got `null` (null)',
    );
    expect(() => checkOption('mode', 'c', { type: 'string', oneOf: ['a', 'b'] })).toThrow(
      'Expected `mode` to be one of "a", "b", got `c` (string)',
    );
  });

  it('refuses names that are not in the table', () => {
    expect(() => checkOptions('Queue', { depth: 3 }, { size: { type: 'number' } })).toThrow(
      'Queue has no option `depth`; it takes size',
    );
  });
});
