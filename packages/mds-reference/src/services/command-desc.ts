/** A command as JSON: its prefix and its arguments by name. */
export type CommandMap = Readonly<Record<string, unknown>>;

/** One argument of a command. */
export interface ArgDesc {
  name: string;
  /** Ceph's name of the type, as in `'CephString'`. */
  type: string;
  /** May it be left out? */
  req: boolean;
  /** Takes any number of values. */
  many: boolean;
  /** CephChoices: what may be chosen. */
  strings: readonly string[];
}

/** A parsed command description. */
export interface CommandDesc {
  prefix: string;
  args: ArgDesc[];
}

function parseArg(word: string): ArgDesc {
  const pairs = new Map(word.split(',').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
  return {
    name: pairs.get('name') ?? '',
    type: pairs.get('type') ?? 'CephString',
    req: pairs.get('req') !== 'false',
    many: pairs.get('n') === 'N',
    strings: pairs.get('strings')?.split('|') ?? [],
  };
}

/**
 * Parses a description in Ceph's form: the words of the prefix, then `name=…,type=…[,n=N][,req=false][,strings=a|b]` for each argument.
 *
 * @see src/common/cmdparse.cc (16.2.15)
 */
export function parseCommandDesc(desc: string): CommandDesc {
  const words = desc.split(/\s+/).filter((word) => word !== '');
  return {
    prefix: words.filter((word) => !word.includes('=')).join(' '),
    args: words.filter((word) => word.includes('=')).map(parseArg),
  };
}

/** The description in the form that the `ceph` command reads: see get_command_descriptions. */
export function commandSignature({ prefix, args }: CommandDesc): unknown[] {
  return [
    ...prefix.split(' '),
    ...args.map(({ name, type, req, many, strings }) => ({
      name,
      type,
      ...(req ? {} : { req: false }),
      ...(many ? { n: 'N' } : {}),
      ...(strings.length > 0 ? { strings: strings.join('|') } : {}),
    })),
  ];
}

function fits(arg: ArgDesc, value: unknown): boolean {
  switch (arg.type) {
    case 'CephInt':
      return Number.isInteger(typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
    case 'CephFloat':
      return Number.isFinite(typeof value === 'string' && value.trim() !== '' ? Number(value) : value);
    case 'CephBool':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'CephChoices':
      return typeof value === 'string' && arg.strings.includes(value);
    default:
      return typeof value === 'string' || typeof value === 'number';
  }
}

/** What is wrong with the arguments of a command; undefined when nothing is. */
export function checkCommand({ args }: CommandDesc, cmd: CommandMap): string | undefined {
  for (const arg of args) {
    const value = cmd[arg.name];
    if (value === undefined) {
      if (arg.req) return `missing required argument '${arg.name}' (${arg.type})`;
      continue;
    }
    const values = Array.isArray(value) ? value : [value];
    if (values.length > 1 && !arg.many) return `argument '${arg.name}' takes one value`;
    for (const one of values) {
      if (fits(arg, one)) continue;
      const expected = arg.strings.length > 0 ? `one of ${arg.strings.join(', ')}` : `a ${arg.type}`;
      return `argument '${arg.name}' should be ${expected}, got ${JSON.stringify(one)}`;
    }
  }
  return undefined;
}

/** The values of an argument that takes many, as text. */
export function textList(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
