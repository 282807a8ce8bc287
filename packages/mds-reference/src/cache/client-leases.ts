import type { ClientLease } from '../locks/client-lease.js';
import type { MDSRank } from '../rank/mds-rank.js';

/** How long a client may rely on a dentry it holds a lease of, in ms. */
export const CLIENT_LEASE_MS = 30_000;

/** Leases of clients on dentries, those that end first in front. */
export class ClientLeases {
  readonly #mds: MDSRank;
  readonly #leases = new Set<ClientLease>();

  constructor(mds: MDSRank) {
    this.#mds = mds;
  }

  /** It begins, or begins anew. */
  touch(lease: ClientLease): void {
    this.#leases.delete(lease);
    lease.ttl = this.#mds.cct.clock.monotonicNow() + CLIENT_LEASE_MS;
    this.#leases.add(lease);
  }

  forget(lease: ClientLease): void {
    this.#leases.delete(lease);
  }

  /** Ends those that ran out. */
  trim(): void {
    const now = this.#mds.cct.clock.monotonicNow();
    for (const lease of this.#leases) {
      if (lease.ttl > now) break;
      const dn = lease.parent;
      dn.removeClientLease(lease);
      if (!dn.lock.isLeased() && !dn.lock.isStable()) this.#mds.locker.machine.evalGather(dn.lock);
    }
  }
}
