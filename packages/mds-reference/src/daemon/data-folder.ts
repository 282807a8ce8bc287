import { closeSync, existsSync, mkdirSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CephError, ERRNO } from '@cephts/common';

const FILE = 'lock';

/** When a process began, as the kernel counts it; '' where that is not to be had. A number used again has another begin. */
function beginOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number, begin: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return begin === beginOf(pid);
}

/**
 * Takes a data folder for this process; a lock that a dead process left is replaced.
 *
 * @returns a function that gives it back
 * @throws CephError `ERR_CEPH_EBUSY` when another process has it
 */
export function lockDataFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const file = path.join(dataDir, FILE);
  if (existsSync(file)) {
    const [pid = '', begin = ''] = readFileSync(file, 'utf8').trim().split(' ');
    if (Number(pid) > 0 && isAlive(Number(pid), begin)) {
      throw new CephError('ERR_CEPH_EBUSY', `${dataDir} is in use by process ${pid}`, { errno: ERRNO.EBUSY });
    }
    unlinkSync(file);
  }
  const fd = openSync(file, 'wx');
  writeFileSync(fd, `${process.pid} ${beginOf(process.pid)}\n`);
  closeSync(fd);
  return () => {
    if (existsSync(file)) unlinkSync(file);
  };
}
