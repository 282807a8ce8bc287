import { describe, expect, it } from '@jest/globals';
import { CInode } from '../../src/cache/cinode.js';
import { capsAllowedByType, xlockerMask } from '../../src/locks/inode-caps.js';
import { LOCK_EXCL } from '../../src/locks/lock-states.js';
import { CAP_ANY, CAP_LONER, CAP_XLOCKER } from '../../src/locks/simple-lock.js';
import { TestRank } from '../server/rank-kit.js';

describe('who only looks at the locks of an inode', () => {
  const seen = (inode: CInode): number[] => [
    ...[CAP_ANY, CAP_LONER, CAP_XLOCKER].map((type) => capsAllowedByType(inode, type)),
    xlockerMask(inode, 4200),
  ];

  it('makes none, and sees them as they would be', async () => {
    const { rank } = await TestRank.create();
    const inode = new CInode(rank.mdcache);
    const unmade = seen(inode);
    expect(inode.usedLocks).toHaveLength(0);
    for (const lock of [inode.filelock, inode.authlock, inode.xattrlock, inode.linklock]) expect(lock.isStable()).toBe(true);
    expect(inode.usedLocks).toHaveLength(4);
    expect(seen(inode)).toEqual(unmade);
  });

  it('sees the states of those that are there', async () => {
    const { rank } = await TestRank.create();
    const inode = new CInode(rank.mdcache);
    const [anyone] = seen(inode);
    inode.filelock.setState(LOCK_EXCL);
    expect(seen(inode)[0]).not.toBe(anyone);
    expect(inode.usedLocks).toHaveLength(1);
  });
});
