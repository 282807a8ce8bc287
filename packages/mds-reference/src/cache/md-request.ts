import type { UTime } from '@cephts/encoding';
import { FileLayout, IntervalSet } from '@cephts/encoding';
import type { Context } from '@cephts/common';
import type { MClientRequest } from '../messages/m-client-request.js';
import type { TrackedOp } from '../rank/op-tracker.js';
import type { Session } from '../tables/session.js';
import { CEPH_NOSNAP } from '../types/ceph-fs.js';
import { FilePath } from '../types/file-path.js';
import type { MetaReqId } from '../types/meta-req-id.js';
import type { CDentry } from './cdentry.js';
import type { CInode } from './cinode.js';
import { MutationImpl } from './mutation.js';

const EMPTY = new Uint8Array(0);
const NO_INOS = new IntervalSet();

/**
 * A request under way, from a client or from the MDS itself.
 *
 * @see MDRequestImpl in src/mds/Mutation.h (16.2.15)
 */
export class MDRequestImpl extends MutationImpl {
  /** Undefined for what the MDS does on its own account. */
  readonly clientRequest: MClientRequest | undefined;
  session: Session | undefined;
  /** CEPH_MDS_OP_… of what the MDS does on its own account, and who waits for it. */
  internalOp = -1;
  internalOpFinish: Context | undefined;

  /** Ends of its paths, and the dentries that lead there. */
  readonly in: [CInode | undefined, CInode | undefined] = [undefined, undefined];
  readonly dn: [CDentry[], CDentry[]] = [[], []];
  straydn: CDentry | undefined;
  snapid = CEPH_NOSNAP;
  /** What goes into the reply. */
  tracei: CInode | undefined;
  tracedn: CDentry | undefined;
  getattrCaps = 0;
  replyExtraBl: Uint8Array = EMPTY;

  allocIno = 0;
  usedPreallocIno = 0;
  preallocInos: IntervalSet;
  /** Layout that files inherit where its path leads to. */
  dirLayout = FileLayout.NONE;
  /** Top and depth of its paths: the order in which two of them are locked. */
  readonly dirRoot: [number, number] = [0, 0];
  readonly dirDepth: [number, number] = [-1, -1];
  /** Inodes whose caps came back with the request, and the sequence of the cap then. */
  readonly capReleases = new Map<number, number>();

  hasCompleted = false;
  noEarlyReply = false;
  oTrunc = false;
  readonly #trackedOp: TrackedOp | undefined;

  constructor(reqid: MetaReqId, clientRequest?: MClientRequest, trackedOp?: TrackedOp) {
    super();
    this.reqid = reqid;
    this.clientRequest = clientRequest;
    this.#trackedOp = trackedOp;
    // changed only where a request takes numbers out of the table
    this.preallocInos = clientRequest && clientRequest.mayWrite() ? new IntervalSet() : NO_INOS;
    if (clientRequest) this.setOpStamp(clientRequest.stamp);
  }

  override getClient(): number {
    return this.reqid.name.isClient() ? this.reqid.name.num : -1;
  }

  isQueuedForReplay(): boolean {
    return this.clientRequest?.queuedForReplay === true;
  }

  getFilepath(): FilePath {
    return this.clientRequest?.path ?? FilePath.EMPTY;
  }

  getFilepath2(): FilePath {
    return this.clientRequest?.path2 ?? FilePath.EMPTY;
  }

  /** Order of its two paths: below 0 where the first is to be locked first. */
  comparePaths(): number {
    return this.dirRoot[0] - this.dirRoot[1] || this.dirDepth[0] - this.dirDepth[1];
  }

  markEvent(event: string): void {
    this.#trackedOp?.markEvent(event);
  }

  /** It is over, and leaves the list of operations in flight. */
  finishTracking(): void {
    this.#trackedOp?.finish();
  }

  override getOpStamp(): UTime {
    return this.opStamp.isZero() ? this.mdsStamp : this.opStamp;
  }

  /** For logs and `ops`. */
  describe(): string {
    return this.clientRequest ? this.clientRequest.print() : `internal op ${this.internalOp}`;
  }
}
