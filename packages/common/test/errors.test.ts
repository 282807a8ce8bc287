import { describe, expect, it } from '@jest/globals';
import {
  AbortedError,
  CephError,
  ERRNO,
  errnoError,
  errnoName,
  functionLog,
  invalidArgument,
  isCephError,
  nullLog,
  seededRandom,
  systemRandom,
} from '../src/index.js';

describe('CephError', () => {
  it('has a code, an errno and a cause', () => {
    const cause = new Error('why');
    const error = new CephError('ERR_CEPH_TEST', 'no', { errno: 5, cause });
    expect([error.name, error.code, error.errno, error.cause, error.message]).toEqual([
      'CephError',
      'ERR_CEPH_TEST',
      5,
      cause,
      'no',
    ]);
    expect('cause' in new CephError('ERR_CEPH_TEST', 'no')).toBe(false);
  });

  it('is known across two loaded copies of the package', () => {
    const other = Object.defineProperty(new Error('from the other copy'), Symbol.for('cephts.error'), { value: true });
    expect(other instanceof CephError).toBe(true);
    expect(isCephError(other)).toBe(true);
    expect(other instanceof AbortedError).toBe(false);
    expect(new AbortedError() instanceof AbortedError).toBe(true);
    expect([isCephError(new Error('x')), isCephError(null), isCephError('x')]).toEqual([false, false, false]);
  });

  it('is made from errnos of either sign', () => {
    expect(errnoError(-2, 'lookup of /a')).toMatchObject({ code: 'ERR_CEPH_ENOENT', errno: 2, message: 'lookup of /a: ENOENT' });
    expect([errnoName(2), errnoName(-125), errnoName(9999)]).toEqual(['ENOENT', 'ECANCELED', 'E9999']);
    expect(errnoName(ERRNO.EOPNOTSUPP)).toBe('EOPNOTSUPP');
  });

  it('tells apart what was aborted and what makes no sense', () => {
    expect(new AbortedError()).toMatchObject({ name: 'AbortError', code: 'ERR_CEPH_ABORTED', errno: 125 });
    expect(invalidArgument('no')).toMatchObject({ code: 'ERR_CEPH_INVALID_ARGUMENT', errno: 22 });
  });
});

describe('log sinks', () => {
  it('gather up to a level, or nothing', () => {
    const lines: unknown[] = [];
    const log = functionLog((...line) => lines.push(line), 5);
    expect([log.shouldGather('mds', 5), log.shouldGather('mds', 6), nullLog.shouldGather('mds', -1)]).toEqual([true, false, false]);
    log.write('mds', 1, 'hello');
    nullLog.write('mds', 1, 'nobody hears');
    expect(lines).toEqual([['mds', 1, 'hello']]);
  });
});

describe('random sources', () => {
  it('give the same for the same seed and something else for another', () => {
    const draw = (seed: number): unknown[] => {
      const random = seededRandom(seed);
      return [random.u32(), random.next(), random.u64(), [...random.bytes(5)]];
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it.each([
    ['seeded', seededRandom(7)],
    ['system', systemRandom],
  ])('%s: stay in range and spread evenly', (_name, random) => {
    let sum = 0;
    for (let i = 0; i < 20_000; i++) {
      const value = random.next();
      if (value < 0 || value >= 1) throw new Error(String(value));
      sum += value;
    }
    expect(sum / 20_000).toBeCloseTo(0.5, 1);
    expect(random.u32()).toBeLessThan(2 ** 32);
    expect(random.u64()).toBeLessThan(2n ** 64n);
    expect(random.bytes(33)).toHaveLength(33);
    expect(
      random
        .bytes(200_000)
        .subarray(199_000)
        .some((byte) => byte > 0),
    ).toBe(true);
  });
});
