import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_FEATURES_ALL, CompatSet, Uuid, decodeTextMap, encodeTextMap } from '@cephts/encoding';
import { FS_CLUSTER_ID_NONE, MDS_GID_NONE, MDS_RANK_NONE } from '../maps/mds-constants.js';
import { MdsHealth } from '../maps/mds-health.js';
import { MDS_STATE_BOOT, MDS_STATE_NULL, mdsStateName } from '../maps/mds-state.js';
import { CEPH_MSG_PRIO_HIGH, MSG_MDS_BEACON } from './message-types.js';
import { PaxosServiceMessage } from './paxos-service-message.js';

/**
 * mdsbeacon: an MDS is alive, what it does and what it wants; the monitor answers with the same.
 * @see src/messages/MMDSBeacon.h (16.2.15)
 */
export class MMDSBeacon extends PaxosServiceMessage {
  static readonly TYPE = MSG_MDS_BEACON;
  readonly type = MSG_MDS_BEACON;
  readonly typeName = 'mdsbeacon';

  fsid: Uuid;
  globalId: number;
  name: string;
  /** MDS_STATE_… */
  state: number;
  /** Of the beacon (the message's own is `seq`). */
  beaconSeq: number;
  compat = new CompatSet();
  health = new MdsHealth();
  /** Told with the boot beacon only. */
  sysInfo = new Map<string, string>();
  mdsFeatures: bigint;
  /** File system it wants to join. */
  fs = '';

  constructor(
    fsid: Uuid = Uuid.ZERO,
    globalId = MDS_GID_NONE,
    name = '',
    lastEpochSeen = 0,
    state = MDS_STATE_NULL,
    beaconSeq = 0,
    mdsFeatures: bigint = CEPH_FEATURES_ALL,
  ) {
    super();
    this.priority = CEPH_MSG_PRIO_HIGH;
    this.fsid = fsid;
    this.globalId = globalId;
    this.name = name;
    this.version = lastEpochSeen;
    this.state = state;
    this.beaconSeq = beaconSeq;
    this.mdsFeatures = mdsFeatures;
  }

  override get headVersion(): number {
    return 8;
  }

  override get compatVersion(): number {
    return 6;
  }

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    this.fsid.encode(e);
    e.u64(this.globalId).s32(this.state).u64(this.beaconSeq).string(this.name);
    e.s32(MDS_RANK_NONE).string(''); // rank and name it once stood by for
    this.compat.encode(e);
    this.health.encode(e);
    if (this.state === MDS_STATE_BOOT) encodeTextMap(e, this.sysInfo);
    e.u64big(this.mdsFeatures).s32(FS_CLUSTER_ID_NONE).bool(false).string(this.fs);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.paxosDecode(d);
    this.fsid = Uuid.decode(d);
    this.globalId = d.u64();
    this.state = d.s32();
    this.beaconSeq = d.u64();
    this.name = d.string();
    d.skip(4);
    d.blob();
    this.compat = CompatSet.decode(d);
    this.health = MdsHealth.decode(d);
    if (this.state === MDS_STATE_BOOT) this.sysInfo = decodeTextMap(d);
    this.mdsFeatures = d.u64big();
    d.skip(4);
    if (headVersion >= 7) d.skip(1);
    if (headVersion >= 8) this.fs = d.string();
  }

  override print(): string {
    const fs = this.fs !== '' ? ` fs=${this.fs}` : '';
    return `mdsbeacon(${this.globalId}/${this.name} ${mdsStateName(this.state)}${fs} seq=${this.beaconSeq} v${this.version})`;
  }
}
