import { LOCK_LOCK } from './lock-states.js';
import { SimpleLock } from './simple-lock.js';
import type { LockParent } from './simple-lock.js';

/**
 * A lock that is known on this rank only: the version of an inode or a dentry. Several updates may be in the journal at once (wrlocks);
 * an xlock keeps others out.
 *
 * @see src/mds/LocalLockC.h (16.2.15)
 */
export class LocalLock extends SimpleLock {
  #lastWrlockClient = -1;

  constructor(parent: LockParent, type: number) {
    super(parent, type, LOCK_LOCK);
  }

  override isLocallock(): boolean {
    return true;
  }

  canXlockLocal(): boolean {
    return !this.isWrlocked() && this.xlockBy === undefined;
  }

  override canWrlock(): boolean {
    return !this.isXlocked();
  }

  /** Takes a wrlock for `client` (-1: the MDS itself). */
  override getWrlock(client = -1): void {
    super.getWrlock();
    this.#lastWrlockClient = client;
  }

  override putWrlock(): void {
    super.putWrlock();
    if (this.numWrlocks === 0) this.#lastWrlockClient = -1;
  }

  get lastWrlockClient(): number {
    return this.#lastWrlockClient;
  }
}
