import { complete, ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import { C_IO_Wrapper, MDSGatherBuilder, MDSInternalContextWrapper } from './mds-context.js';
import type { MDSRank } from './mds-rank.js';

/**
 * `flush journal`: writes everything the journal holds to its own objects, and trims the journal to nothing.
 *
 * @see C_Flush_Journal in src/mds/MDSRank.cc (16.2.15)
 */
export function flushJournal(mds: MDSRank, done: Completion): void {
  const { mdlog } = mds;
  const under = (next: () => void): MDSInternalContextWrapper =>
    new MDSInternalContextWrapper(mds, (r) => (r < 0 ? complete(done, r) : next()));

  if (mds.isReadonly()) {
    complete(done, -ERRNO.EROFS);
    return;
  }
  if (!mds.isActive()) {
    complete(done, 0);
    return;
  }

  const writeHead = (): void => {
    mdlog.trimExpiredSegments();
    mdlog.journaler.writeHead(new C_IO_Wrapper(mds, done));
  };

  const expire = (): void => {
    const r = mdlog.trimAll();
    if (r < 0) {
      complete(done, r);
      return;
    }
    const gather = new MDSGatherBuilder(new C_IO_Wrapper(mds, writeHead));
    for (const segment of mdlog.getExpiringSegments()) segment.waitForExpiry(gather.newSub());
    gather.activate();
  };

  // the segment so far is sealed, so that it can expire as a whole
  mdlog.startNewSegment();
  mdlog.flush();
  // twice: a waiter that runs after the first wait may make something dirty in the old segments yet
  mdlog.waitForSafe(under(() => mdlog.waitForSafe(under(expire))));
}
