import { CephError } from './errors.js';

/** Error for an option that is not what it should be. */
export function invalidOption(name: string, expected: string, value: unknown): CephError {
  return new CephError(
    'ERR_CEPH_INVALID_OPTION',
    `Expected \`${name}\` to be ${expected}, got \`${String(value)}\` (${value === null ? value : typeof value})`,
  );
}

/** What an option may be, as its error says it: of a type that `typeof` has, or one of some words, as in `'throw or drop-newest'`. */
export type OptionTypes<Options> = Readonly<Record<keyof Options, OptionType>>;

type OptionType = 'a string' | 'a boolean' | 'a function' | 'an object' | 'a number of at least 0' | `${string} or ${string}`;

/**
 * Checks each option against its type, or the words it may be; undefined is fine. A few bytes where {@link checkOptions} says more.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 */
export function checkOptionTypes(owner: string, types: Readonly<Record<string, string>>, options: object): void {
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const expected = types[name] ?? `an option of ${owner}`;
    const type = expected.split(' ')[1];
    const fits =
      typeof value === type
        ? value !== null && (type !== 'number' || (value as number) >= 0)
        : value === undefined || expected.split(' or ').includes(value as string);
    if (!fits) throw invalidOption(name, expected, value);
  }
}
