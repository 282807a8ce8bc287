import type { CDentry } from '../cache/cdentry.js';
import type { Session } from '../tables/session.js';

/**
 * A client may rely on a dentry for a while, though it has no caps of the directory.
 *
 * @see ClientLease in src/mds/MDSCacheObject.h (16.2.15)
 */
export class ClientLease {
  readonly client: number;
  readonly session: Session;
  readonly parent: CDentry;
  seq = 0;
  /** Monotonic ms when it ends. */
  ttl = 0;

  constructor(session: Session, parent: CDentry) {
    this.client = session.getClient();
    this.session = session;
    this.parent = parent;
  }
}
