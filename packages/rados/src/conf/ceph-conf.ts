import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { CephError, ERRNO, parseConfigValue } from '@cephts/common';
import type { ConfigOption, ConfigType } from '@cephts/common';
import { AuthEntityName, CEPH_ENTITY_TYPE_CLIENT, entityTypeName } from '@cephts/encoding';
import { parseCephArgs, splitArgs } from './ceph-args.js';
import { ConfFile, normalizeKey } from './conf-file.js';
import { RADOS_OPTIONS } from './options.js';

/** Options of {@link CephConf.load}; all optional. */
export interface CephConfOptions {
  /** Who one is, as in `'client.admin'`. @defaultValue what CEPH_ARGS says, else `'client.admin'` */
  name?: string;
  /** @defaultValue by the file's name, `NAME.conf`; else `'ceph'` */
  cluster?: string;
  /** The file to read, which must be there. @defaultValue CEPH_CONF, else the first that is there of the usual places */
  file?: string;
  /** CEPH_CONF, CEPH_ARGS, CEPH_KEYRING and HOME are read of it. @defaultValue process.env */
  env?: Readonly<Record<string, string | undefined>>;
  /** Values that count more than file and environment: a command line's. */
  overrides?: Readonly<Record<string, string>>;
  /** Defaults that a kind of daemon has of its own. */
  defaults?: Readonly<Record<string, string>>;
}

const USUAL_PLACES = '/etc/ceph/$cluster.conf, $home/.ceph/$cluster.conf, $cluster.conf';
const CLIENT_KEYRING = '/etc/ceph/$cluster.$name.keyring,/etc/ceph/$cluster.keyring,/etc/ceph/keyring,/etc/ceph/keyring.bin';

/** Where a value comes from; the higher counts. */
export type ConfSource = 'default' | 'file' | 'env' | 'cmdline';

/** `key`s print as this. */
const SECRETS = new Set(['key']);

/**
 * The configuration of one entity, as Ceph would read it: ceph.conf by sections (`[mds.a]` before `[mds]` before `[global]`), CEPH_CONF,
 * CEPH_ARGS, CEPH_KEYRING, the command line, and `$cluster`, `$type`, `$name`, `$id`, `$host` and any `$option` in the values.
 *
 * @see src/common/config.cc (16.2.15)
 */
export class CephConf {
  readonly name: AuthEntityName;
  readonly cluster: string;
  /** The file that was read; undefined for none. */
  readonly file: ConfFile | undefined;
  readonly #values: readonly (readonly [ConfSource, ReadonlyMap<string, string>])[];
  readonly #home: string;

  private constructor(
    name: AuthEntityName,
    cluster: string,
    file: ConfFile | undefined,
    home: string,
    layers: readonly (readonly [ConfSource, ReadonlyMap<string, string>])[],
  ) {
    this.name = name;
    this.cluster = cluster;
    this.file = file;
    this.#home = home;
    this.#values = layers;
  }

  /** @throws CephError `ERR_CEPH_CONF` where the file named is not there or makes no sense, or the name is none */
  static load(options: CephConfOptions = {}): CephConf {
    const env = options.env ?? process.env;
    const fromArgs = parseCephArgs(splitArgs(env['CEPH_ARGS'] ?? ''));
    const text = options.name ?? fromArgs.name ?? `client.${fromArgs.id ?? 'admin'}`;
    const name = AuthEntityName.parse(text);
    if (!name || name.id === '') {
      throw new CephError('ERR_CEPH_CONF', `\`${text}\` is no name of an entity, such as client.admin`, { errno: ERRNO.EINVAL });
    }
    const home = env['HOME'] ?? homedir();
    const named = options.file ?? fromArgs.file ?? env['CEPH_CONF'];
    const givenCluster = options.cluster ?? fromArgs.cluster;
    const file = findFile(named, { cluster: givenCluster ?? 'ceph', home, name });
    const cluster = givenCluster ?? clusterOf(named === undefined ? undefined : file?.origin);
    const environment = new Map(Object.entries(fromArgs.overrides).map(([key, value]) => [normalizeKey(key), value]));
    if (env['CEPH_KEYRING'] !== undefined && !environment.has('keyring')) environment.set('keyring', env['CEPH_KEYRING']);
    const overrides = new Map(Object.entries(options.overrides ?? {}).map(([key, value]) => [normalizeKey(key), value]));
    const defaults = new Map(Object.entries({ keyring: CLIENT_KEYRING, host: shortHostname(), ...options.defaults }));
    const sections = [String(name), entityTypeName(name.type), 'global'];
    const inFile = new Map<string, string>();
    for (const section of sections.toReversed())
      for (const [key, value] of file?.sections.get(section) ?? []) inFile.set(key, value);
    return new CephConf(name, cluster, file, home, [
      ['cmdline', overrides],
      ['env', environment],
      ['file', inFile],
      ['default', defaults],
    ]);
  }

  /** The value, its variables expanded; undefined where nothing sets it. */
  get(option: string): string | undefined {
    const raw = this.#raw(normalizeKey(option));
    return raw === undefined ? undefined : this.expand(raw);
  }

  /** Which of the sources {@link get} takes it from. */
  source(option: string): ConfSource | undefined {
    const key = normalizeKey(option);
    return this.#values.find(([, values]) => values.has(key))?.[0];
  }

  /** @throws CephError `ERR_CEPH_INVALID_OPTION` for a value that is none */
  number(option: string): number {
    return this.#typed(option, 'float') as number;
  }

  /** Bytes; `4M` and `4MiB` are 4194304. @throws CephError `ERR_CEPH_INVALID_OPTION` */
  size(option: string): number {
    return this.#typed(option, 'size') as number;
  }

  /** @throws CephError `ERR_CEPH_INVALID_OPTION` */
  bool(option: string): boolean {
    return this.#typed(option, 'bool') as boolean;
  }

  /** Every option that is set, expanded. */
  all(): Record<string, string> {
    const keys = new Set(this.#values.flatMap(([, values]) => [...values.keys()]));
    return Object.fromEntries([...keys].map((key) => [key, this.get(key) ?? '']));
  }

  /** What each source says, expanded, for a context's configuration. */
  layers(): (readonly [ConfSource, Record<string, string>])[] {
    return this.#values.map(([source, values]) => [
      source,
      Object.fromEntries([...values].map(([key, value]) => [key, this.expand(value)])),
    ]);
  }

  /** Replaces `$variable` and `${variable}`; what is not known stays as it is. */
  expand(text: string, seen: readonly string[] = []): string {
    return text.replaceAll(/\$\{(\w+)\}|\$(\w+)/g, (match, braced?: string, bare?: string) => {
      const variable = (braced ?? bare) as string;
      const meta = this.#meta(variable);
      if (meta !== undefined) return meta;
      if (seen.includes(variable)) {
        throw new CephError('ERR_CEPH_CONF', `\`${variable}\` is defined by itself: ${[...seen, variable].join(' -> ')}`, {
          errno: ERRNO.ELOOP,
        });
      }
      const value = this.#raw(variable);
      return value === undefined ? match : this.expand(value, [...seen, variable]);
    });
  }

  toString(): string {
    const keys = new Set(this.#values.flatMap(([, values]) => [...values.keys()]));
    const shown = [...keys].map((key) => `${key} = ${SECRETS.has(key) ? '***' : (this.#raw(key) ?? '')}`);
    return `CephConf(${String(this.name)}; ${shown.join('; ')})`;
  }

  #raw(key: string): string | undefined {
    for (const [, values] of this.#values) {
      const value = values.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #meta(variable: string): string | undefined {
    switch (variable) {
      case 'cluster':
        return this.cluster;
      case 'type':
        return entityTypeName(this.name.type);
      case 'name':
        return String(this.name);
      case 'id':
      case 'num':
        return this.name.id;
      case 'pid':
        return String(process.pid);
      case 'home':
        return this.#home;
      case 'cctid':
        return '0';
      default:
        return undefined;
    }
  }

  #typed(option: string, type: ConfigType): unknown {
    const key = normalizeKey(option);
    const known: ConfigOption | undefined = RADOS_OPTIONS.find(({ name }) => name === key);
    const rule: ConfigOption = known ?? { name: key, type, default: '', desc: '' };
    return parseConfigValue({ ...rule, type }, this.get(key) ?? rule.default);
  }
}

function shortHostname(): string {
  return hostname().split('.')[0] as string;
}

/** `name.conf` is of cluster `name`. */
function clusterOf(file: string | undefined): string {
  const base = file === undefined ? '' : path.basename(file);
  return base.endsWith('.conf') ? base.slice(0, -5) : 'ceph';
}

function findFile(
  named: string | undefined,
  { cluster, home, name }: { cluster: string; home: string; name: AuthEntityName },
): ConfFile | undefined {
  const places = (named ?? USUAL_PLACES)
    .split(/[;,]/)
    .map((place) =>
      place
        .trim()
        .replaceAll(/\$\{?cluster\}?/g, cluster)
        .replaceAll(/\$\{?home\}?/g, home)
        .replaceAll(/\$\{?name\}?/g, String(name)),
    )
    .filter((place) => place !== '');
  const found = places.find((place) => existsSync(place));
  if (found === undefined) {
    if (named === undefined) return undefined;
    throw new CephError('ERR_CEPH_CONF', `there is no configuration file ${places.join(' or ')}`, { errno: ERRNO.ENOENT });
  }
  try {
    return ConfFile.read(found);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof CephError) throw error;
    throw new CephError('ERR_CEPH_CONF', `the configuration file ${found} cannot be read: ${code ?? String(error)}`, {
      errno: ERRNO.EACCES,
    });
  }
}

/** The name a client goes by where only its id is given. */
export function clientName(id: string): string {
  return String(new AuthEntityName(CEPH_ENTITY_TYPE_CLIENT, id));
}
