import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_FEATURES_ALL, EntityAddr, EntityAddrVec, UTime, decodeTextMap, encodeTextMap, sortedTexts } from '@cephts/encoding';
import { dumpTextMap, legacyString } from './dump.js';

/** A daemon of a service. */
export class ServiceDaemon {
  gid = 0;
  addr: EntityAddr = EntityAddr.BLANK;
  startEpoch = 0;
  startStamp: UTime = UTime.ZERO;
  metadata = new Map<string, string>();
  taskStatus = new Map<string, string>();

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(2, 1);
    e.u64(this.gid);
    this.addr.encode(e, features);
    e.u32(this.startEpoch);
    this.startStamp.encode(e);
    encodeTextMap(e, this.metadata);
    encodeTextMap(e, this.taskStatus);
    e.finish(mark);
  }

  static decode(d: Decoder): ServiceDaemon {
    return d.struct(2, (d, version) => {
      const daemon = new ServiceDaemon();
      daemon.gid = d.u64();
      daemon.addr = EntityAddr.decode(d);
      daemon.startEpoch = d.u32();
      daemon.startStamp = UTime.decode(d);
      daemon.metadata = decodeTextMap(d);
      if (version >= 2) daemon.taskStatus = decodeTextMap(d);
      return daemon;
    });
  }

  dump(): Record<string, unknown> {
    return {
      start_epoch: this.startEpoch,
      start_stamp: this.startStamp.toString(),
      gid: this.gid,
      addr: legacyString(new EntityAddrVec([this.addr])),
      metadata: dumpTextMap(this.metadata),
      task_status: dumpTextMap(this.taskStatus),
    };
  }
}

/** A service that managers were told of: its daemons by id. */
export class ServiceInfo {
  daemons = new Map<string, ServiceDaemon>();
  summary = '';

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(1, 1);
    e.u32(this.daemons.size);
    for (const [id, daemon] of sortedTexts(this.daemons)) {
      e.string(id);
      daemon.encode(e, features);
    }
    e.string(this.summary);
    e.finish(mark);
  }

  static decode(d: Decoder): ServiceInfo {
    return d.struct(1, (d) => {
      const service = new ServiceInfo();
      for (let left = d.count(10); left > 0; left--) {
        const id = d.string();
        service.daemons.set(id, ServiceDaemon.decode(d));
      }
      service.summary = d.string();
      return service;
    });
  }

  dump(): Record<string, unknown> {
    const daemons = sortedTexts(this.daemons).map(([id, daemon]) => [id, daemon.dump()]);
    return { daemons: { summary: this.summary, ...Object.fromEntries(daemons) } };
  }
}

/**
 * ServiceMap: daemons that are known to managers only, such as gateways and mirrors.
 * @see src/mgr/ServiceMap.{h,cc} (16.2.15)
 */
export class ServiceMap {
  epoch = 0;
  modified: UTime = UTime.ZERO;
  services = new Map<string, ServiceInfo>();

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(1, 1);
    e.u32(this.epoch);
    this.modified.encode(e);
    e.u32(this.services.size);
    for (const [name, service] of sortedTexts(this.services)) {
      e.string(name);
      service.encode(e, features);
    }
    e.finish(mark);
  }

  static decode(d: Decoder): ServiceMap {
    const frame = d.start(1, 'ServiceMap');
    const map = new ServiceMap();
    map.epoch = d.u32();
    map.modified = UTime.decode(d);
    for (let left = d.count(10); left > 0; left--) {
      const name = d.string();
      map.services.set(name, ServiceInfo.decode(d));
    }
    d.finish(frame, 'ServiceMap');
    return map;
  }

  /** As `ceph service dump` shows it. */
  dump(): Record<string, unknown> {
    return {
      epoch: this.epoch,
      modified: this.modified.toString(),
      services: Object.fromEntries(sortedTexts(this.services).map(([name, service]) => [name, service.dump()])),
    };
  }
}
