import type { Decoder, Encoder } from '@cephts/encoding';
import {
  AuthEntityName,
  CEPH_FEATURES_ALL,
  EntityInst,
  IntervalSet,
  decodeU64Set,
  encodeU64Set,
  sortedEntries,
} from '@cephts/encoding';
import { ClientMetadata } from './client-metadata.js';

/**
 * session_info_t: the durable part of a session.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class SessionInfo {
  inst = new EntityInst();
  /** Requests whose effects are durable, with the inode each made (0 for none). */
  completedRequests = new Map<number, number>();
  /** Inode numbers put aside for this client. */
  preallocInos = new IntervalSet();
  clientMetadata = new ClientMetadata();
  completedFlushes = new Set<number>();
  authName = new AuthEntityName();

  /** The client's number. */
  get client(): number {
    return this.inst.name.num;
  }

  hasFeature(bit: number): boolean {
    return this.clientMetadata.features.test(bit);
  }

  clearMeta(): void {
    this.preallocInos.clear();
    this.completedRequests.clear();
    this.completedFlushes.clear();
    this.clientMetadata.clear();
  }

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(7, 7);
    this.inst.encode(e, features);
    e.u32(this.completedRequests.size);
    for (const [tid, ino] of sortedEntries(this.completedRequests)) e.u64(tid).u64(ino);
    this.preallocInos.encode(e);
    e.u32(0); // numbers in use, which are put aside again when it is read
    encodeU64Set(e, this.completedFlushes);
    this.authName.encode(e);
    this.clientMetadata.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): SessionInfo {
    const frame = d.start(7, 'session_info_t');
    if (frame.version < 7) throw d.error(`version ${frame.version} is older than any supported release`);
    const info = new SessionInfo();
    info.inst = EntityInst.decode(d);
    for (let left = d.count(16); left > 0; left--) {
      const tid = d.u64();
      info.completedRequests.set(tid, d.u64());
    }
    info.preallocInos = IntervalSet.decode(d);
    info.preallocInos.unionSet(IntervalSet.decode(d));
    info.completedFlushes = decodeU64Set(d);
    info.authName = AuthEntityName.decode(d);
    info.clientMetadata = ClientMetadata.decode(d);
    d.finish(frame, 'session_info_t');
    return info;
  }
}
