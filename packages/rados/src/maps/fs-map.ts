import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_FEATURES_ALL, CompatSet, sortedEntries } from '@cephts/encoding';
import { dumpCompat } from './dump.js';
import { FS_CLUSTER_ID_NONE } from './mds-constants.js';
import { MdsInfo } from './mds-info.js';
import { MDSMap } from './mds-map.js';

/** Where a file system is mirrored to. */
export interface MirrorPeer {
  uuid: string;
  clientName: string;
  clusterName: string;
  fsName: string;
}

/** One file system of a cluster. */
export class Filesystem {
  fscid = FS_CLUSTER_ID_NONE;
  mdsMap = new MDSMap();
  mirrored = false;
  mirrorPeers: MirrorPeer[] = [];

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(2, 1);
    e.s32(this.fscid);
    e.sized((e) => this.mdsMap.encode(e, features));
    const mirror = e.start(1, 1);
    e.bool(this.mirrored);
    e.list(this.mirrorPeers, (e, peer) => {
      const outer = e.start(1, 1);
      e.string(peer.uuid);
      const inner = e.start(1, 1);
      e.string(peer.clientName).string(peer.clusterName).string(peer.fsName);
      e.finish(inner).finish(outer);
    });
    e.finish(mirror).finish(mark);
  }

  static decode(d: Decoder): Filesystem {
    const frame = d.start(2, 'Filesystem');
    const fs = new Filesystem();
    fs.fscid = d.s32();
    fs.mdsMap = d.sized((d) => MDSMap.decode(d));
    if (frame.version >= 2) {
      const mirror = d.start(1, 'MirrorInfo');
      fs.mirrored = d.bool();
      fs.mirrorPeers = d.list(decodePeer, 12);
      d.finish(mirror, 'MirrorInfo');
    }
    d.finish(frame, 'Filesystem');
    return fs;
  }

  dump(): Record<string, unknown> {
    const peers = this.mirrorPeers.map(({ uuid, clientName, clusterName, fsName }) => [
      uuid,
      { uuid, remote: { client_name: clientName, cluster_name: clusterName, fs_name: fsName } },
    ]);
    return {
      mdsmap: this.mdsMap.dump(),
      id: this.fscid,
      ...(this.mirrored ? { mirror_info: { peers: Object.fromEntries(peers) } } : {}),
    };
  }
}

function decodePeer(d: Decoder): MirrorPeer {
  return d.struct(1, (d) => {
    const uuid = d.string();
    return d.struct(1, (d) => {
      const clientName = d.string();
      const clusterName = d.string();
      return { uuid, clientName, clusterName, fsName: d.string() };
    });
  });
}

/**
 * FSMap: all file systems of a cluster and the daemons that stand by.
 * @see src/mds/FSMap.{h,cc} (16.2.15)
 */
export class FSMap {
  epoch = 0;
  nextFilesystemId = 1;
  legacyClientFscid = FS_CLUSTER_ID_NONE;
  defaultCompat = new CompatSet();
  enableMultiple = true;
  everEnabledMultiple = true;
  filesystems: Filesystem[] = [];
  /** gid to the file system it serves, −1 for none. */
  mdsRoles = new Map<number, number>();
  standbyDaemons = new Map<number, MdsInfo>();
  standbyEpochs = new Map<number, number>();

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(7, 6);
    e.u32(this.epoch).u64(this.nextFilesystemId).s32(this.legacyClientFscid);
    this.defaultCompat.encode(e);
    e.bool(this.enableMultiple);
    e.u32(this.filesystems.length);
    for (const fs of this.filesystems) fs.encode(e, features);
    e.u32(this.mdsRoles.size);
    for (const [gid, fscid] of sortedEntries(this.mdsRoles)) e.u64(gid).s32(fscid);
    e.u32(this.standbyDaemons.size);
    for (const [gid, info] of sortedEntries(this.standbyDaemons)) {
      e.u64(gid);
      info.encode(e, features);
    }
    e.u32(this.standbyEpochs.size);
    for (const [gid, epoch] of sortedEntries(this.standbyEpochs)) e.u64(gid).u32(epoch);
    e.bool(this.everEnabledMultiple);
    e.finish(mark);
  }

  /** Reads versions 6 (and 8, of later releases, as far as it is understood). */
  static decode(d: Decoder): FSMap {
    const frame = d.start(8, 'FSMap');
    const map = new FSMap();
    map.epoch = d.u32();
    map.nextFilesystemId = d.u64();
    map.legacyClientFscid = d.s32();
    map.defaultCompat = CompatSet.decode(d);
    map.enableMultiple = d.bool();
    map.filesystems = d.list((d) => Filesystem.decode(d), 14);
    for (let left = d.count(12); left > 0; left--) {
      const gid = d.u64();
      map.mdsRoles.set(gid, d.s32());
    }
    for (let left = d.count(14); left > 0; left--) {
      const gid = d.u64();
      map.standbyDaemons.set(gid, MdsInfo.decode(d));
    }
    for (let left = d.count(12); left > 0; left--) {
      const gid = d.u64();
      map.standbyEpochs.set(gid, d.u32());
    }
    if (frame.version >= 7) map.everEnabledMultiple = d.bool();
    d.finish(frame, 'FSMap');
    return map;
  }

  /** As `ceph fs dump` shows it. */
  dump(): Record<string, unknown> {
    return {
      epoch: this.epoch,
      default_fscid: this.legacyClientFscid,
      compat: dumpCompat(this.defaultCompat),
      feature_flags: { enable_multiple: this.enableMultiple, ever_enabled_multiple: this.everEnabledMultiple },
      standbys: sortedEntries(this.standbyDaemons).map(([gid, info]) => ({
        ...info.dump(),
        epoch: this.standbyEpochs.get(gid) ?? 0,
      })),
      filesystems: this.filesystems.map((fs) => fs.dump()),
    };
  }
}
