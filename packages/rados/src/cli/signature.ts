/** One argument of a command, as daemons describe it. */
export interface ArgDesc {
  name: string;
  /** Ceph's name of the type, as in `'CephString'`. */
  type: string;
  req: boolean;
  /** How many values it takes; Infinity for any number. */
  n: number;
  /** CephChoices: what may be chosen. */
  strings: readonly string[];
  /** CephInt, CephFloat: least and greatest value. */
  range: readonly string[];
  /** CephString: the characters it may have, as a class of a regular expression. */
  goodchars: string | undefined;
  /** Is it only given by name? */
  positional: boolean;
}

/** A command: words and arguments in the order they are given in. */
export interface CommandDesc {
  sig: readonly (string | ArgDesc)[];
  help: string;
  flags: number;
}

export const FLAG = { OBSOLETE: 2, DEPRECATED: 4, MGR: 8, HIDDEN: 32 } as const;

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function parseArg(raw: Readonly<Record<string, unknown>>): ArgDesc {
  return {
    name: text(raw['name']),
    type: text(raw['type']) || 'CephString',
    req: text(raw['req']) !== 'false',
    n: text(raw['n']) === 'N' ? Infinity : Number(text(raw['n']) || 1),
    strings: text(raw['strings'])
      .split('|')
      .filter((word) => word !== ''),
    range: text(raw['range'])
      .split('|')
      .filter((word) => word !== ''),
    goodchars: text(raw['goodchars']) || undefined,
    positional: text(raw['positional']) !== 'false',
  };
}

/**
 * Reads the answer to `get_command_descriptions`.
 *
 * @throws SyntaxError for what is no JSON
 * @see src/pybind/ceph_argparse.py (16.2.15)
 */
export function parseDescriptions(json: string): CommandDesc[] {
  const all = JSON.parse(json) as Record<string, { sig?: unknown[]; help?: unknown; flags?: unknown }>;
  return Object.values(all).map(({ sig = [], help, flags }) => ({
    sig: sig.map((part) => (typeof part === 'string' ? part : parseArg(part as Record<string, unknown>))),
    help: text(help),
    flags: Number(flags ?? 0),
  }));
}

function showArg({ name, type, req, n, strings }: ArgDesc): string {
  const kind =
    type === 'CephChoices'
      ? strings.join('|')
      : type === 'CephBool'
        ? `--${name}`
        : `<${name}${type === 'CephInt' ? ':int' : type === 'CephFloat' ? ':float' : ''}>`;
  const shown = n === Infinity ? `${kind}...` : kind;
  return req ? shown : `[${shown}]`;
}

/** For people: `osd pool get <pool> size|min_size`. */
export function showSignature({ sig }: CommandDesc): string {
  return sig.map((part) => (typeof part === 'string' ? part : showArg(part))).join(' ');
}
