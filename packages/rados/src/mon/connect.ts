import { existsSync, readFileSync } from 'node:fs';
import { CephContext, CephError, ERRNO } from '@cephts/common';
import type { CephContextOptions } from '@cephts/common';
import { CEPH_ENTITY_TYPE_CLIENT, CEPH_ENTITY_TYPE_MON, CEPH_FEATURE, EntityName } from '@cephts/encoding';
import { MessageRegistry, Messenger, Policy } from '@cephts/async-messenger';
import type { MessageClass } from '@cephts/async-messenger';
import { CryptoKey } from '../auth/crypto-key.js';
import type { CephConf } from '../conf/ceph-conf.js';
import { Keyring } from '../conf/keyring.js';
import { RADOS_OPTIONS } from '../conf/options.js';
import { radosMessageClasses } from '../messages/registry.js';
import { buildInitialMonMap } from './initial-monmap.js';
import { MonClient } from './mon-client.js';

/**
 * The keys of an entity, where its configuration says: the first file of `keyring` that is there, `key`, `keyfile`.
 *
 * @returns an empty one where there is none: cephx is then left out
 * @throws CephError `ERR_CEPH_KEYRING`
 * @see KeyRing::from_ceph_context in src/auth/KeyRing.cc (16.2.15)
 */
export function loadKeyring(conf: CephConf): Keyring {
  const files = (conf.get('keyring') ?? '').split(/[,;]/).map((file) => file.trim());
  const found = files.find((file) => file !== '' && existsSync(file));
  const ring = found === undefined ? new Keyring() : Keyring.load(found);
  const key = conf.get('key');
  const keyfile = conf.get('keyfile');
  if (key) ring.add(conf.name, CryptoKey.parse(key));
  else if (keyfile) ring.add(conf.name, CryptoKey.parse(readKeyfile(keyfile)));
  return ring;
}

function readKeyfile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new CephError('ERR_CEPH_KEYRING', `the keyfile ${path} cannot be read: ${code}`, { errno: ERRNO.ENOENT });
  }
}

/** @throws CephError `ERR_CEPH_CLOCK_SKEW` */
function checkClock(skewMs: number, most: number): void {
  if (Math.abs(skewMs) <= most) return;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  throw new CephError(
    'ERR_CEPH_CLOCK_SKEW',
    `this machine's clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} the monitors'`,
    {
      errno: ERRNO.ETIME,
    },
  );
}

/** Options of {@link connectCluster}. */
export interface ConnectClusterOptions {
  /** Messages to understand beside {@link radosMessageClasses}. */
  messages?: readonly MessageClass[];
  /** Clock, randomness, log. */
  context?: Omit<CephContextOptions, 'name' | 'conf'>;
  /** Longest time to try, ms. @defaultValue `client_mount_timeout` */
  timeoutMs?: number;
  /** Longest difference between this machine's clock and the monitors', in ms. @defaultValue any */
  maxClockSkewMs?: number;
  /** Called before anything is sent: adds dispatchers, asks for maps. */
  beforeAuthenticate?: (client: ClusterClient) => void;
}

/** A client's session with a cluster. */
export interface ClusterClient {
  readonly cct: CephContext;
  readonly conf: CephConf;
  readonly messenger: Messenger;
  readonly monc: MonClient;
  /** Ends the session and closes every connection. */
  shutdown(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Joins a cluster as a client: context, messenger and monitor client, by the configuration; resolves when the monitors have let it in.
 *
 * @throws CephError `ERR_CEPH_AUTH`, `ERR_CEPH_FSID`, `ERR_CEPH_TIMEDOUT`, `ERR_CEPH_NO_MONITORS`, `ERR_CEPH_NO_KEYRING`, …
 * @see src/librados/RadosClient.cc (16.2.15)
 */
export async function connectCluster(conf: CephConf, options: ConnectClusterOptions = {}): Promise<ClusterClient> {
  const cct = new CephContext({ ...options.context, name: String(conf.name) });
  for (const [source, values] of conf.layers()) cct.conf.load(values, source);
  cct.conf.define(RADOS_OPTIONS);
  const keyring = loadKeyring(conf);
  const monmap = await buildInitialMonMap(conf);
  const messenger = new Messenger(cct, {
    name: new EntityName(CEPH_ENTITY_TYPE_CLIENT, -1),
    logicalName: 'radosclient',
    registry: new MessageRegistry([...radosMessageClasses, ...(options.messages ?? [])]),
  });
  const { OSDREPLYMUX, UID, PGID64 } = CEPH_FEATURE;
  messenger.setDefaultPolicy(Policy.lossyClient(OSDREPLYMUX));
  messenger.setPolicy(CEPH_ENTITY_TYPE_MON, Policy.lossyClient(UID | PGID64));
  const monc = new MonClient(cct, {
    messenger,
    monmap,
    keyring,
    entityName: conf.name,
    onConfig: (values) => cct.conf.replaceSource(values, 'mon'),
  });
  const shutdown = async (): Promise<void> => {
    await monc.shutdown();
    await messenger.shutdown();
    await messenger.wait();
  };
  const client: ClusterClient = { cct, conf, messenger, monc, shutdown, [Symbol.asyncDispose]: shutdown };
  try {
    monc.init();
    messenger.start();
    options.beforeAuthenticate?.(client);
    await monc.authenticate(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs });
    checkClock(monc.clockSkewMs, options.maxClockSkewMs ?? Infinity);
  } catch (error) {
    await shutdown();
    throw error;
  }
  messenger.setMyname(new EntityName(CEPH_ENTITY_TYPE_CLIENT, monc.globalId));
  return client;
}
