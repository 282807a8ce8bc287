import { CephError } from './errors.js';
import { invalidOption } from './option-types.js';

/** What an option may be; see {@link checkOption}. */
export interface OptionRule {
  type: 'number' | 'integer' | 'boolean' | 'string' | 'function' | 'object';
  min?: number;
  max?: number;
  oneOf?: readonly string[];
}

function describe(rule: OptionRule): string {
  if (rule.oneOf) return `one of ${rule.oneOf.map((word) => `"${word}"`).join(', ')}`;
  const noun = rule.type === 'integer' ? 'an integer' : rule.type === 'object' ? 'an object' : `a ${rule.type}`;
  if (rule.min !== undefined && rule.max !== undefined) return `${noun} from ${rule.min} to ${rule.max}`;
  if (rule.min !== undefined) return `${noun} of at least ${rule.min}`;
  if (rule.max !== undefined) return `${noun} of at most ${rule.max}`;
  return noun;
}

function fits(value: unknown, rule: OptionRule): boolean {
  if (rule.oneOf) return typeof value === 'string' && rule.oneOf.includes(value);
  if (rule.type === 'integer' || rule.type === 'number') {
    if (typeof value !== 'number' || Number.isNaN(value)) return false;
    if (rule.type === 'integer' && !Number.isInteger(value) && value !== Infinity) return false;
    return value >= (rule.min ?? -Infinity) && value <= (rule.max ?? Infinity);
  }
  if (rule.type === 'object') return typeof value === 'object' && value !== null;
  return typeof value === rule.type;
}

/**
 * Checks one option, undefined being fine.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`: "Expected `x` to be …, got `…` (type)".
 */
export function checkOption(name: string, value: unknown, rule: OptionRule): void {
  if (value === undefined || fits(value, rule)) return;
  throw invalidOption(name, describe(rule), value);
}

/**
 * Checks all options of a call against a table of rules; a name that is not in the table is refused too.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION`
 */
export function checkOptions(owner: string, options: object, rules: Readonly<Record<string, OptionRule>>): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = rules[name];
    if (!rule)
      throw new CephError(
        'ERR_CEPH_INVALID_OPTION',
        `${owner} has no option \`${name}\`; it takes ${Object.keys(rules).join(', ')}`,
      );
    checkOption(name, value, rule);
  }
}
