import { MClientQuota } from '../messages/m-client-quota.js';
import type { Session } from '../tables/session.js';
import type { CInode } from './cinode.js';

/** Tells clients that are bound to a quota how much of it is used. @see MDCache::broadcast_quota_to_client in src/mds/MDCache.cc (16.2.15) */
export function broadcastQuotaToClient(inode: CInode): void {
  const { mds } = inode.mdcache;
  const projected = inode.getProjectedInode();
  if (!projected.quota.isEnabled() || !(mds.isActive() || mds.isStopping())) return;
  for (const cap of inode.clientCaps.values()) {
    if (cap.lastRbytes === projected.rstat.rbytes && cap.lastRsize === projected.rstat.rsize) continue;
    cap.lastRbytes = projected.rstat.rbytes;
    cap.lastRsize = projected.rstat.rsize;
    const m = new MClientQuota();
    m.ino = inode.ino;
    m.rstat = projected.rstat;
    m.quota = projected.quota;
    mds.sendMessageClientCounted(m, cap.session as Session);
  }
}
