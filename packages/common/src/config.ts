import { CephError } from './errors.js';

/** Types of option, as in Ceph's own table; `secs` and `millisecs` are numbers, `size` takes units such as `4M` (binary). */
export type ConfigType = 'str' | 'int' | 'uint' | 'float' | 'bool' | 'secs' | 'millisecs' | 'size';
/** What an option may hold. */
export type ConfigValue = string | number | boolean;

/** One option: Ceph's name, type and default. */
export interface ConfigOption {
  name: string;
  type: ConfigType;
  default: ConfigValue;
  desc: string;
  min?: number;
  max?: number;
  enumValues?: readonly string[];
  /** Can it change while the daemon runs? @defaultValue true */
  runtime?: boolean;
}

const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

function parseSize(text: string): number {
  const match = /^(\d+)\s*([KMGTPE]?)i?B?$/i.exec(text.trim());
  if (!match) return NaN;
  return Number(match[1]) * 1024 ** UNITS.indexOf((match[2] ?? '').toUpperCase());
}

function parseBool(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(word)) return true;
  if (['false', 'no', 'off', '0'].includes(word)) return false;
  return undefined;
}

function invalid(option: ConfigOption, value: unknown, expected: string): CephError {
  return new CephError(
    'ERR_CEPH_INVALID_OPTION',
    `Expected \`${option.name}\` to be ${expected}, got \`${String(value)}\` (${typeof value})`,
    { errno: 22 },
  );
}

/**
 * The value of an option in its own type, from text or from a value.
 * @throws CephError `ERR_CEPH_INVALID_OPTION` (EINVAL)
 */
export function parseConfigValue(option: ConfigOption, value: ConfigValue): ConfigValue {
  if (option.type === 'str') {
    const text = String(value);
    if (option.enumValues && !option.enumValues.includes(text))
      throw invalid(option, value, `one of ${option.enumValues.join(', ')}`);
    return text;
  }
  if (option.type === 'bool') {
    const parsed = typeof value === 'boolean' ? value : parseBool(String(value));
    if (parsed === undefined) throw invalid(option, value, 'true or false');
    return parsed;
  }
  let number =
    typeof value === 'number'
      ? value
      : typeof value === 'boolean'
        ? NaN
        : option.type === 'size'
          ? parseSize(value)
          : Number(value.trim() || NaN);
  if (option.type === 'float' || option.type === 'secs') number = Number(number);
  else if (!Number.isInteger(number))
    throw invalid(option, value, option.type === 'size' ? 'a size such as 4096, 64K or 4M' : 'an integer');
  const min = option.min ?? (option.type === 'int' || option.type === 'float' ? -Infinity : 0);
  const max = option.max ?? Infinity;
  if (Number.isNaN(number)) throw invalid(option, value, 'a number');
  if (number < min || number > max) throw invalid(option, value, `a number from ${min} to ${max}`);
  return number;
}

/** Called with the options that changed. */
export type ConfigObserver = (changed: ReadonlySet<string>) => void;

/** Where values come from, what counts most first. */
const SOURCES = ['override', 'cmdline', 'env', 'file', 'mon'];

/**
 * Typed options with defaults. A value may be set by several sources at a time, of which the highest counts: override, cmdline, env, file,
 * mon; a source by another name counts least.
 *
 * @see src/common/config.cc, src/common/config_values.cc (16.2.15)
 */
export class MdConfig {
  readonly #options = new Map<string, ConfigOption>();
  /** By option, then by source. */
  readonly #values = new Map<string, Map<string, ConfigValue>>();
  readonly #observers = new Map<ConfigObserver, ReadonlySet<string> | undefined>();
  /** Values set before their option was defined, checked when it is. */
  readonly #early = new Map<string, Map<string, ConfigValue>>();

  constructor(values: Readonly<Record<string, ConfigValue>> = {}, source = 'override') {
    this.load(values, source);
  }

  /**
   * Sets many options; those that no package has defined yet are kept, and checked when one does.
   * @throws CephError `ERR_CEPH_INVALID_OPTION`
   */
  load(values: Readonly<Record<string, ConfigValue>>, source: string): void {
    for (const [name, value] of Object.entries(values)) {
      if (this.#options.has(name)) this.set(name, value, source);
      else layersOf(this.#early, name).set(source, value);
    }
  }

  /**
   * Makes `values` all that a source says: what it said before of other options counts no more.
   * @returns the names of options that are unknown, fixed while the process runs, or given a value that is none: those stay as they are
   */
  replaceSource(values: ReadonlyMap<string, string>, source: string): string[] {
    const ignored: string[] = [];
    for (const [name, value] of values) {
      const option = this.#options.get(name);
      try {
        if (!option || option.runtime === false) ignored.push(name);
        else this.set(name, value, source);
      } catch {
        ignored.push(name);
      }
    }
    for (const name of [...this.#values.keys()]) if (!values.has(name)) this.rm(name, source);
    return ignored;
  }

  /** Adds options to the table; one that is there already stays as it is. */
  define(options: readonly ConfigOption[]): void {
    for (const option of options) {
      if (this.#options.has(option.name)) continue;
      this.#options.set(option.name, option);
      const early = this.#early.get(option.name);
      if (!early) continue;
      this.#early.delete(option.name);
      const layers = layersOf(this.#values, option.name);
      for (const [source, value] of early) layers.set(source, parseConfigValue(option, value));
    }
  }

  option(name: string): ConfigOption {
    const option = this.#options.get(name);
    if (!option) throw new CephError('ERR_CEPH_UNKNOWN_OPTION', `There is no option \`${name}\``, { errno: 2 });
    return option;
  }

  has(name: string): boolean {
    return this.#options.has(name);
  }

  names(): string[] {
    return [...this.#options.keys()].sort();
  }

  /**
   * The value in force.
   * @throws CephError `ERR_CEPH_UNKNOWN_OPTION` (ENOENT)
   */
  get(name: string): ConfigValue {
    const layers = this.#values.get(name);
    // most options are set by nobody
    return layers === undefined ? this.option(name).default : (layers.get(highest(layers) ?? '') ?? this.option(name).default);
  }

  number(name: string): number {
    return this.get(name) as number;
  }

  bool(name: string): boolean {
    return this.get(name) as boolean;
  }

  str(name: string): string {
    return this.get(name) as string;
  }

  source(name: string): string {
    const layers = this.#values.get(name);
    return (layers && highest(layers)) ?? 'default';
  }

  /**
   * Sets an option, from text or a value, and tells its observers.
   * @throws CephError `ERR_CEPH_INVALID_OPTION`, `ERR_CEPH_UNKNOWN_OPTION`
   */
  set(name: string, value: ConfigValue, source = 'override'): void {
    const parsed = parseConfigValue(this.option(name), value);
    const before = this.get(name);
    layersOf(this.#values, name).set(source, parsed);
    if (before !== this.get(name)) this.#tell(name);
  }

  /** Takes back what a source said; without one, what all did. */
  rm(name: string, source?: string): void {
    const layers = this.#values.get(name);
    if (!layers) return;
    const before = this.get(name);
    if (source === undefined) layers.clear();
    else layers.delete(source);
    if (layers.size === 0) this.#values.delete(name);
    if (before !== this.get(name)) this.#tell(name);
  }

  /** Every option with its value, sorted by name: `config show`. */
  show(): Record<string, ConfigValue> {
    return Object.fromEntries(this.names().map((name) => [name, this.get(name)]));
  }

  /** Values set for names no package has defined. */
  unknown(): string[] {
    return [...this.#early.keys()];
  }

  /** Calls back when one of `names` (all, if not given) changes; returns a function that ends it. */
  observe(observer: ConfigObserver, names?: readonly string[]): () => void {
    this.#observers.set(observer, names && new Set(names));
    return () => this.#observers.delete(observer);
  }

  #tell(name: string): void {
    const changed = new Set([name]);
    for (const [observer, names] of this.#observers) if (!names || names.has(name)) observer(changed);
  }
}

function layersOf(table: Map<string, Map<string, ConfigValue>>, name: string): Map<string, ConfigValue> {
  let layers = table.get(name);
  if (!layers) table.set(name, (layers = new Map()));
  return layers;
}

/** The source among them that counts. */
function highest(layers: ReadonlyMap<string, ConfigValue>): string | undefined {
  return SOURCES.find((source) => layers.has(source)) ?? layers.keys().next().value;
}
