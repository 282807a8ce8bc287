import { errnoText } from './errno-text.js';

/** The command line of `rados`. */
export interface RadosOptions {
  pool: string | undefined;
  namespace: string;
  /** All namespaces, for `ls`. */
  all: boolean;
  locator: string;
  snap: string | undefined;
  /** Bytes of one operation of put, get and bench. */
  blockSize: number;
  /** Bytes of one object of bench. */
  objectSize: number;
  concurrent: number;
  format: 'plain' | 'json' | 'json-pretty';
  striper: boolean;
  cleanup: boolean;
  verify: boolean;
  forceFull: boolean;
  runName: string;
  offset: number;
  inputFile: string | undefined;
  targetLocator: string | undefined;
  targetNamespace: string | undefined;
  targetPool: string | undefined;
  /** For the configuration. */
  conf: { file?: string; name?: string; cluster?: string; overrides: Record<string, string> };
  help: boolean;
}

/** The command line makes no sense. */
export class UsageError extends Error {
  readonly exitCode: number;
  /** Is the usage told, too? */
  readonly withUsage: boolean;
  constructor(message: string, exitCode = 1, withUsage = false) {
    super(message);
    this.exitCode = exitCode;
    this.withUsage = withUsage;
  }
}

/** Bytes of one operation, unless told otherwise. */
export const DEFAULT_BLOCK_SIZE: number = 4 * 1024 * 1024;

function size(text: string, what: string): number {
  const match = /^(\d+)([KMGT]?)i?B?$/i.exec(text);
  if (!match) throw new UsageError(`Invalid value for ${what}: strict_iecstrtoll: unit prefix not recognized`, 234);
  return Number(match[1]) * 1024 ** ' KMGT'.indexOf((match[2] ?? '').toUpperCase() || ' ');
}

type Setter = (options: RadosOptions, value: string) => unknown;

const WITH_VALUE: Readonly<Record<string, Setter>> = {
  '-p': (o, v) => (o.pool = v),
  '--pool': (o, v) => (o.pool = v),
  '-N': (o, v) => (o.namespace = v),
  '--namespace': (o, v) => (o.namespace = v),
  '--object-locator': (o, v) => (o.locator = v),
  '-s': (o, v) => (o.snap = v),
  '--snap': (o, v) => (o.snap = v),
  '-b': (o, v) => (o.blockSize = size(v, 'block-size')),
  '--block-size': (o, v) => (o.blockSize = size(v, 'block-size')),
  '-O': (o, v) => (o.objectSize = size(v, 'object-size')),
  '--object-size': (o, v) => (o.objectSize = size(v, 'object-size')),
  '-t': (o, v) => (o.concurrent = size(v, 'concurrent-ios')),
  '--concurrent-ios': (o, v) => (o.concurrent = size(v, 'concurrent-ios')),
  '-f': (o, v) => (o.format = v as RadosOptions['format']),
  '--format': (o, v) => (o.format = v as RadosOptions['format']),
  '--run-name': (o, v) => (o.runName = v),
  '--offset': (o, v) => (o.offset = size(v, 'offset')),
  '--input-file': (o, v) => (o.inputFile = v),
  '--target-locator': (o, v) => (o.targetLocator = v),
  '--target-nspace': (o, v) => (o.targetNamespace = v),
  '--target-pool': (o, v) => (o.targetPool = v),
  '-c': (o, v) => (o.conf.file = v),
  '--conf': (o, v) => (o.conf.file = v),
  '--id': (o, v) => (o.conf.name = `client.${v}`),
  '--user': (o, v) => (o.conf.name = `client.${v}`),
  '-n': (o, v) => (o.conf.name = v),
  '--name': (o, v) => (o.conf.name = v),
  '--cluster': (o, v) => (o.conf.cluster = v),
  '-m': (o, v) => (o.conf.overrides['mon_host'] = v),
  '-k': (o, v) => (o.conf.overrides['keyring'] = v),
  '--keyring': (o, v) => (o.conf.overrides['keyring'] = v),
};

const FLAGS: Readonly<Record<string, (options: RadosOptions) => unknown>> = {
  '--all': (o) => (o.all = true),
  '-A': (o) => (o.all = true),
  '--default': (o) => (o.all = false),
  '--striper': (o) => (o.striper = true),
  '--no-cleanup': (o) => (o.cleanup = false),
  '--no-verify': (o) => (o.verify = false),
  '--force-full': (o) => (o.forceFull = true),
  '--no-hints': () => undefined,
  '-h': (o) => (o.help = true),
  '--help': (o) => (o.help = true),
};

/** Options may stand anywhere; what is left are the verb and its arguments. @throws UsageError */
export function parseRadosArgs(argv: readonly string[]): { options: RadosOptions; args: string[] } {
  const options: RadosOptions = {
    pool: undefined,
    namespace: '',
    all: false,
    locator: '',
    snap: undefined,
    blockSize: DEFAULT_BLOCK_SIZE,
    objectSize: 0,
    concurrent: 16,
    format: 'plain',
    striper: false,
    cleanup: true,
    verify: true,
    forceFull: false,
    runName: 'benchmark_last_metadata',
    offset: 0,
    inputFile: undefined,
    targetLocator: undefined,
    targetNamespace: undefined,
    targetPool: undefined,
    conf: { overrides: {} },
    help: false,
  };
  const args: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === '--') {
      args.push(...argv.slice(i + 1));
      break;
    }
    if (word === '-' || !word.startsWith('-') || /^-\d+$/.test(word)) {
      args.push(word);
      continue;
    }
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    const name = equals > 0 ? word.slice(0, equals) : word;
    const take = WITH_VALUE[name];
    if (take) {
      const value = equals > 0 ? word.slice(equals + 1) : argv[++i];
      if (value === undefined) throw new UsageError(`Option ${name} requires an argument.`);
      take(options, value);
    } else if (FLAGS[name]) FLAGS[name](options);
    else if (equals > 0) options.conf.overrides[name.slice(2).replaceAll('-', '_')] = word.slice(equals + 1);
    else throw new UsageError(`unrecognized command ${word}; -h or --help for usage\nerror 22: ${errnoText(22)}`);
  }
  if (!['plain', 'json', 'json-pretty'].includes(options.format)) throw new UsageError(`unrecognized format: ${options.format}`);
  return { options, args };
}
