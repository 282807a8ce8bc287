import { lookup, resolveSrv } from 'node:dns/promises';
import { CephError, ERRNO } from '@cephts/common';
import { EntityAddr, EntityAddrVec, Uuid } from '@cephts/encoding';
import type { CephConf } from '../conf/ceph-conf.js';
import { MonMap } from '../maps/mon-map.js';

const PORT_MSGR2 = 3300;
const PORT_LEGACY = 6789;
const DEFAULT_MODE_ANY = EntityAddr.TYPE_ANY;

/** Where monitors are to be found at first: options by Ceph's names. */
export interface MonHosts {
  get(option: string): string | undefined;
  /** ceph.conf, for its `[mon.x]` sections. */
  readonly file?: CephConf['file'];
}

function noMons(message: string): CephError {
  return new CephError('ERR_CEPH_NO_MONITORS', message, { errno: ERRNO.ENOENT });
}

/** Cuts a list at commas, semicolons and white space outside of brackets. */
function splitHosts(text: string): string[] {
  return text.match(/\[[^\]]*\](?::\d+)?(?:\/\d+)?|[^\s,;[\]]+(?:\[[^\]]*\](?::\d+)?(?:\/\d+)?)?/g) ?? [];
}

/** `[v2:…,v1:…]`: an address vector; a bracket around an IPv6 address alone is none. */
function isVector(word: string): boolean {
  return /^\[\s*(v1|v2|any):/.test(word) || (word.startsWith('[') && word.includes(','));
}

async function resolveHost(word: string): Promise<EntityAddr[]> {
  const [, prefix = '', host = '', port = ''] = /^(v1:|v2:)?([^:/]+)(?::(\d+))?$/.exec(word) ?? [];
  if (host === '') throw noMons(`\`${word}\` in mon_host is neither an address nor a host name`);
  let found: { address: string }[];
  try {
    found = await lookup(host, { all: true });
  } catch (error) {
    throw noMons(`the host \`${host}\` of mon_host is not known: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  const type = prefix === 'v1:' ? EntityAddr.TYPE_LEGACY : prefix === 'v2:' ? EntityAddr.TYPE_MSGR2 : DEFAULT_MODE_ANY;
  return found.map(({ address }) => EntityAddr.of(type, address, Number(port || 0)));
}

/** Only msgr2 is spoken here: addresses that are msgr1's for certain are left out. */
function addAmbiguous(map: MonMap, name: string, addr: EntityAddr, priority = 0, weight = 0): void {
  if (addr.isLegacy() || (addr.isAny() && addr.port === PORT_LEGACY)) return;
  const full = addr.port === 0 ? addr.withPort(PORT_MSGR2) : addr;
  add(map, name, new EntityAddrVec([full.withType(EntityAddr.TYPE_MSGR2)]), priority, weight);
}

function add(map: MonMap, name: string, addrs: EntityAddrVec, priority = 0, weight = 0): void {
  for (const { publicAddrs } of map.monInfo.values()) if (publicAddrs.addrs.some((one) => addrs.contains(one))) return;
  map.addMon(name, addrs);
  Object.assign(map.monInfo.get(name) as object, { priority, weight });
}

/** Monitors at addresses one knows, with made-up names. */
export function monMapOf(addrs: readonly EntityAddrVec[], fsid: Uuid = Uuid.ZERO): MonMap {
  const map = new MonMap();
  map.fsid = fsid;
  for (const [i, vec] of addrs.entries()) {
    const name = `noname-${String.fromCharCode(97 + (i % 26))}${i < 26 ? '' : Math.floor(i / 26)}`;
    if (vec.length === 1) addAmbiguous(map, name, vec.front());
    else if (vec.hasMsgr2()) add(map, name, vec);
  }
  return map;
}

async function fromHosts(text: string, fsid: Uuid): Promise<MonMap> {
  const vecs: EntityAddrVec[] = [];
  for (const word of splitHosts(text)) {
    const vec = isVector(word)
      ? EntityAddrVec.parse(word.replaceAll(/\s+/g, ''), DEFAULT_MODE_ANY)
      : EntityAddrVec.parse(word, DEFAULT_MODE_ANY);
    if (vec) vecs.push(vec);
    else if (isVector(word)) throw noMons(`\`${word}\` in mon_host is no address vector`);
    else for (const addr of await resolveHost(word)) vecs.push(new EntityAddrVec([addr]));
  }
  return monMapOf(vecs, fsid);
}

/** `[mon.x]` sections with a `mon addr`. */
function fromSections(hosts: MonHosts, map: MonMap): void {
  const { file } = hosts;
  if (!file) return;
  for (const section of file.sections.keys()) {
    if (!section.startsWith('mon.') || section.length === 4) continue;
    const value = file.get([section, 'mon', 'global'], 'mon_addr');
    const addr = value === undefined ? undefined : EntityAddr.parse(value, DEFAULT_MODE_ANY);
    if (!addr) continue;
    const number = (option: string): number => Number(file.get([section, 'mon', 'global'], option) ?? 0) || 0;
    addAmbiguous(map, section.slice(4), addr, number('mon_priority'), number('mon_weight'));
  }
}

async function fromDns(name: string, map: MonMap): Promise<void> {
  const [service = name, domain = ''] = name.split(/_(.*)/s);
  const query = `_${service}._tcp${domain === '' ? '' : `.${domain}`}`;
  try {
    for (const { name: target, port, priority, weight } of await resolveSrv(query)) {
      for (const { address } of await lookup(target, { all: true })) {
        addAmbiguous(map, target, EntityAddr.of(DEFAULT_MODE_ANY, address, port), priority, weight);
      }
    }
  } catch {
    // no such record: no monitors by that way
  }
}

/**
 * The monitors to try first: `mon_host` in any form (addresses with and without `v2:` and port, address vectors, host names), else the
 * `mon addr` of `[mon.x]` sections, else DNS.
 *
 * @throws CephError `ERR_CEPH_NO_MONITORS`: nothing is configured, or what is makes no sense
 * @see MonMap::build_initial in src/mon/MonMap.cc (16.2.15)
 */
export async function buildInitialMonMap(hosts: MonHosts): Promise<MonMap> {
  const fsid = Uuid.parse(hosts.get('fsid') ?? '') ?? Uuid.ZERO;
  const text = hosts.get('mon_host_override') || hosts.get('mon_host') || '';
  if (text.trim() !== '') {
    const map = await fromHosts(text, fsid);
    if (map.monInfo.size === 0) throw noMons(`mon_host names no monitor that speaks msgr2: ${text}`);
    return map;
  }
  const map = new MonMap();
  map.fsid = fsid;
  fromSections(hosts, map);
  if (map.monInfo.size === 0) await fromDns(hosts.get('mon_dns_srv_name') || 'ceph-mon', map);
  if (map.monInfo.size === 0) throw noMons('no monitors are configured: set mon_host');
  return map;
}
