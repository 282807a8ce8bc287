import { CephError } from './errors.js';

/** Error for an option that is not what it should be. */
export function invalidOption(name: string, expected: string, value: unknown): CephError {
  const type = value === null ? 'null' : typeof value;
  return new CephError('ERR_CEPH_INVALID_OPTION', `Expected \`${name}\` to be ${expected}, got \`${String(value)}\` (${type})`);
}

/**
 * Checks each option against a sample of its type; undefined is fine, and a number must be at least 0. A few bytes where
 * {@link checkOptions} says more.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 */
export function checkOptionTypes(owner: string, samples: object, options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (!(name in samples)) throw new CephError('ERR_CEPH_INVALID_OPTION', `${owner} has no option \`${name}\``);
    const type = typeof (samples as Record<string, unknown>)[name];
    if (value === undefined || (typeof value === type && value !== null && !((value as number) < 0 || Number.isNaN(value))))
      continue;
    throw invalidOption(name, type === 'number' ? 'a number of at least 0' : `a ${type}`, value);
  }
}
