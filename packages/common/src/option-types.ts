import { CephError } from './errors.js';

/** Error for an option that is not what it should be. */
export function invalidOption(name: string, expected: string, value: unknown): CephError {
  const type = value === null ? 'null' : typeof value;
  return new CephError('ERR_CEPH_INVALID_OPTION', `Expected \`${name}\` to be ${expected}, got \`${String(value)}\` (${type})`);
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
    const words = Array.isArray(sample) && sample.join(' or ');
    if (sample === undefined) throw new CephError('ERR_CEPH_INVALID_OPTION', `${owner} has no option \`${name}\``);
    if (
      value === undefined ||
      (words
        ? (sample as unknown[]).includes(value)
        : typeof value === typeof sample && !((value as number) < 0 || value !== value))
    )
      continue;
    throw invalidOption(name, words || `a ${typeof sample}${typeof sample === 'number' ? ' of at least 0' : ''}`, value);
  }
}
