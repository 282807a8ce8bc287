import { CephError } from './errors.js';

/** Error for an option that is not what it should be. */
export function invalidOption(name: string, expected: string, value: unknown): CephError {
  return new CephError(
    'ERR_CEPH_INVALID_OPTION',
    `Expected \`${name}\` to be ${expected}, got \`${String(value)}\` (${value === null ? value : typeof value})`,
  );
}

/** What each option may be: a type as `typeof` has it, or words, as in `'throw or drop-newest'`. */
export type OptionTypes<Options> = Readonly<Record<keyof Options, string>>;

/**
 * Checks each option against its type, or the words it may be; undefined is fine, and a number must be at least 0.
 * A few bytes where {@link checkOptions} says more.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 */
export function checkOptionTypes(owner: string, types: Readonly<Record<string, string>>, options: object): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const type = types[name] ?? `an option of ${owner}`;
    const fits =
      typeof value === type
        ? value !== null && (type !== 'number' || (value as number) >= 0)
        : value === undefined || type.split(' or ').includes(value as string);
    if (!fits)
      throw invalidOption(name, type === 'number' ? 'a number of at least 0' : type.includes(' ') ? type : `a ${type}`, value);
  }
}
