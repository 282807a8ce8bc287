import type { IntervalSet } from '@cephts/encoding';
import { EPurged } from '../journal/events/e-purged.js';
import type { LogSegment } from '../journal/log-segment.js';
import { PURGE_FILE, PurgeItem } from '../purge/purge-item.js';
import { C_IO_Wrapper, MDSLogContextWrapper } from '../rank/mds-context.js';
import type { MDCache } from './md-cache.js';

/**
 * Inodes a client made on its own and that were never linked: their objects go, then their numbers are free.
 *
 * @see MDCache::purge_inodes in src/mds/MDCache.cc (16.2.15)
 */
export function purgeInodes(cache: MDCache, inos: IntervalSet, ls: LogSegment): void {
  const { mds } = cache;
  let pending = 1;
  const done = (): void => {
    if (--pending > 0) return;
    const { inotable, mdlog } = mds;
    inotable.projectReleaseIds(inos);
    const event = new EPurged(inos, ls.seq, inotable.projectedVersion);
    mdlog.startSubmitEntry(
      event,
      new MDSLogContextWrapper(mds, () => {
        inotable.applyReleaseIds(inos);
        ls.purged(inos);
      }),
    );
    mdlog.flush();
  };
  for (const [first, count] of inos) {
    for (let ino = first; ino < first + count; ino++) {
      const item = new PurgeItem();
      item.action = PURGE_FILE;
      item.ino = ino;
      item.layout = cache.defaultFileLayout;
      pending++;
      mds.purgeQueue.push(item, new C_IO_Wrapper(mds, done));
    }
  }
  done();
}

/** Takes up what was begun before a restart. */
export function startPurgeInodes(cache: MDCache): void {
  for (const segment of cache.mds.mdlog.segments.values()) {
    if (!segment.purgingInodes.isEmpty()) purgeInodes(cache, segment.purgingInodes.clone(), segment);
  }
}
