import { CephError } from './errors.js';

/** Error for an option that is not what it should be. */
export function invalidOption(name: string, expected: string, value: unknown): CephError {
  return new CephError(
    'ERR_CEPH_INVALID_OPTION',
    `Expected \`${name}\` to be ${expected}, got \`${String(value)}\` (${value === null ? value : typeof value})`,
  );
}

/**
 * Checks each option against a sample of its type, or the list of words it may be; undefined is fine, and a number must be at least 0.
 * A few bytes where {@link checkOptions} says more.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 */
export function checkOptionTypes(owner: string, samples: object, options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const sample = (samples as Record<string, unknown>)[name];
    if (value === undefined) continue;
    if (Array.isArray(sample)) {
      if (!sample.includes(value)) throw invalidOption(name, sample.join(' or '), value);
    } else if (sample === undefined) {
      throw new CephError('ERR_CEPH_INVALID_OPTION', `${owner} has no option \`${name}\``);
    } else if (value === null || typeof value !== typeof sample || !((value as number) >= 0 || typeof value !== 'number')) {
      throw invalidOption(name, typeof sample === 'number' ? 'a number of at least 0' : `a ${typeof sample}`, value);
    }
  }
}
