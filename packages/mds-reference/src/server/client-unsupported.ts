import { ERRNO } from '@cephts/common';
import type { MDRequestImpl } from '../cache/mutation.js';
import type { Server } from './server.js';

/** What this MDS knows by name and doesn't do: EOPNOTSUPP. */
function refuse(server: Server, mdr: MDRequestImpl): void {
  server.respondToRequest(mdr, -ERRNO.EOPNOTSUPP);
}

/** File locks (flock, fcntl). */
export const handleClientFileSetlock = refuse;
export const handleClientFileReadlock = refuse;
/** `ceph.…` attributes computed by the MDS. */
export const handleClientGetvxattr = refuse;
/** Snapshots. */
export const handleClientLssnap = refuse;
export const handleClientMksnap = refuse;
export const handleClientRmsnap = refuse;
export const handleClientRenamesnap = refuse;
