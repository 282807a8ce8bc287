/** What a command line says beside the options of its own: Ceph's common arguments. */
export interface CephArgs {
  /** `-c`, `--conf` */
  file?: string;
  /** `-n`, `--name`, as in `'client.admin'` */
  name?: string;
  /** `-i`, `--id`, `--user`: the name without its kind */
  id?: string;
  /** `--cluster` */
  cluster?: string;
  /** Options of the configuration, by name. */
  overrides: Record<string, string>;
  /** `-f`, `--foreground` */
  foreground: boolean;
  /** `-d`: in the foreground, with the log on standard error */
  debug: boolean;
  /** What was not understood, in order. */
  rest: string[];
}

const WITH_VALUE: Readonly<Record<string, 'file' | 'name' | 'id' | 'cluster'>> = {
  '-c': 'file',
  '--conf': 'file',
  '-n': 'name',
  '--name': 'name',
  '-i': 'id',
  '--id': 'id',
  '--user': 'id',
  '--cluster': 'cluster',
};

const SHORT: Readonly<Record<string, string>> = {
  '-m': 'mon_host',
  '-M': 'monmap',
  '-K': 'keyfile',
  '-k': 'keyring',
  '-r': 'client_mountpoint',
  '--bind': 'public_addr',
};

/** Options that need no value. */
const FLAGS = new Set(['no_mon_config', 'mon_config', 'no_config_file']);

/**
 * Reads Ceph's common arguments, in their forms `--mon-host A`, `--mon-host=A`, `--mon_host A`, `-m A`.
 *
 * @param isOption says which names are options of the configuration; others are left in `rest`. @defaultValue all
 * @see md_config_t::parse_argv in src/common/config.cc, src/common/ceph_argparse.cc (16.2.15)
 */
export function parseCephArgs(argv: readonly string[], isOption: (name: string) => boolean = () => true): CephArgs {
  const args: CephArgs = { overrides: {}, foreground: false, debug: false, rest: [] };
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] as string;
    if (arg === '--') {
      args.rest.push(...argv.slice(i));
      break;
    }
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    const flag = equals < 0 ? arg : arg.slice(0, equals);
    const value = (): string | undefined => (equals < 0 ? argv[++i] : arg.slice(equals + 1));
    const known = WITH_VALUE[flag];
    if (known) args[known] = value() ?? '';
    else if (flag === '-f' || flag === '--foreground') args.foreground = true;
    else if (flag === '-d') args.foreground = args.debug = true;
    else {
      const option = SHORT[flag] ?? (flag.startsWith('--') ? flag.slice(2).replaceAll('-', '_') : '');
      if (FLAGS.has(option)) args.overrides[option] = 'true';
      else if (option !== '' && isOption(option)) args.overrides[option] = value() ?? '';
      else args.rest.push(arg);
    }
  }
  return args;
}

/** Splits text as CEPH_ARGS is split: at white space, outside of quotes. */
export function splitArgs(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+))+/g)) {
    words.push(
      match[0].replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, a?: string, b?: string, c?: string) => a ?? b ?? c ?? ''),
    );
  }
  return words;
}
