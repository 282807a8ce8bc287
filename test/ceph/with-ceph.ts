import { spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';
import { areInstalled, hasCeph } from './real-cluster.mjs';

type Describe = typeof describe | typeof describe.skip;

function describeIf(isThere: boolean, what: string): Describe {
  if (!isThere) process.stderr.write(`SKIPPED: not on this machine: ${what}\n`);
  return isThere ? describe : describe.skip;
}

/** `describe` where Ceph is installed; elsewhere this is said, and the tests are skipped. */
export const describeWithCeph = describeIf(hasCeph, 'Ceph (ceph-mon, ceph-mgr, ceph-osd, ceph-mds, ceph, rados)');

const hasPython = (): boolean => spawnSync('/usr/bin/python3', ['-c', 'import cephfs']).status === 0;

/** As {@link describeWithCeph}, for tests that need CephFS's tools and python3-cephfs too. */
export const describeWithCephFs = (): Describe =>
  describeIf(
    hasCeph && areInstalled('cephfs-journal-tool', 'cephfs-table-tool') && hasPython(),
    "Ceph with CephFS's tools and python3-cephfs",
  );
