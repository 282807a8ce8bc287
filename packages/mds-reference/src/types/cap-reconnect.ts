import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * cap_reconnect_t: a cap a client holds when the MDS has restarted.
 * @see src/mds/mdstypes.{h,cc} (16.2.15)
 */
export class CapReconnect {
  path = '';
  capId = 0;
  wanted = 0;
  issued = 0;
  /** Inode of the snap realm. */
  snaprealm = 0;
  /** Inode the path starts at. */
  pathbase = 0;
  snapFollows = 0n;
  /** Encoded file locks. */
  flock: Uint8Array = new Uint8Array(0);

  encode(e: Encoder): void {
    const mark = e.start(2, 1);
    this.encodeOld(e);
    e.u64big(this.snapFollows);
    e.finish(mark);
  }

  /** Without the envelope, as in MClientReconnect version 3 and below. */
  encodeOld(e: Encoder): void {
    e.string(this.path).u64(this.capId).u32(this.wanted).u32(this.issued).u64(this.snaprealm).u64(this.pathbase);
    e.u32(this.flock.length).raw(this.flock);
  }

  static decode(d: Decoder): CapReconnect {
    const frame = d.start(2, 'cap_reconnect_t');
    const cap = CapReconnect.decodeOld(d);
    if (frame.version >= 2) cap.snapFollows = d.u64big();
    d.finish(frame, 'cap_reconnect_t');
    return cap;
  }

  static decodeOld(d: Decoder): CapReconnect {
    const cap = new CapReconnect();
    cap.path = d.string();
    cap.capId = d.u64();
    cap.wanted = d.u32();
    cap.issued = d.u32();
    cap.snaprealm = d.u64();
    cap.pathbase = d.u64();
    cap.flock = d.blob().slice();
    return cap;
  }
}

/** snaprealm_reconnect_t: a snap realm a client knows when the MDS has restarted. */
export class SnapRealmReconnect {
  ino = 0;
  seq = 0n;
  parent = 0;

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    this.encodeOld(e);
    e.finish(mark);
  }

  encodeOld(e: Encoder): void {
    e.u64(this.ino).u64big(this.seq).u64(this.parent);
  }

  static decode(d: Decoder): SnapRealmReconnect {
    const frame = d.start(1, 'snaprealm_reconnect_t');
    const realm = SnapRealmReconnect.decodeOld(d);
    d.finish(frame, 'snaprealm_reconnect_t');
    return realm;
  }

  static decodeOld(d: Decoder): SnapRealmReconnect {
    const realm = new SnapRealmReconnect();
    realm.ino = d.u64();
    realm.seq = d.u64big();
    realm.parent = d.u64();
    return realm;
  }
}
