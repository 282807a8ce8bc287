import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { CephContext } from '@cephts/common';
import type { EntityAddrVec } from '@cephts/encoding';
import { CEPH_VERSION, CEPHTS_VERSION } from './version.js';

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function field(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[1] ?? '';
}

/**
 * What a booting daemon tells of its machine: `ceph mds metadata`.
 *
 * @see collect_sys_info in src/common/util.cc (16.2.15)
 */
export function collectSysInfo(cct: CephContext, addrs: EntityAddrVec): Map<string, string> {
  const release = readText('/etc/os-release');
  const memory = readText('/proc/meminfo');
  const { version, release: ceph } = CEPH_VERSION;
  const info = new Map<string, string>([
    ['addr', String(addrs)],
    ['arch', os.machine()],
    ['ceph_release', ceph],
    ['ceph_version', `ceph version ${version} (cephts ${CEPHTS_VERSION}) ${ceph} (stable)`],
    ['ceph_version_short', version],
    ['cpu', os.cpus()[0]?.model ?? ''],
    ['distro', field(release, /^ID=(.*)$/m)],
    ['distro_description', field(release, /^PRETTY_NAME="?([^"\n]*)"?$/m)],
    ['distro_version', field(release, /^VERSION_ID="?([^"\n]*)"?$/m)],
    ['hostname', cct.conf.str('host') || os.hostname()],
    ['kernel_description', os.version()],
    ['kernel_version', os.release()],
    ['mem_swap_kb', field(memory, /^SwapTotal:\s+(\d+)/m)],
    ['mem_total_kb', String(Math.floor(os.totalmem() / 1024))],
    ['os', os.type()],
  ]);
  for (const [key, value] of info) if (value === '') info.delete(key);
  return info;
}
