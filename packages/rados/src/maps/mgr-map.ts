import type { Decoder, Encoder } from '@cephts/encoding';
import { CEPH_FEATURES_ALL, EntityAddrVec, UTime, compareText, sortedEntries, sortedTexts } from '@cephts/encoding';
import { dumpAddrVec, dumpTextMap, legacyString, releaseName } from './dump.js';

function encodeTexts(e: Encoder, texts: Iterable<string>): void {
  const sorted = [...texts].sort(compareText);
  e.u32(sorted.length);
  for (const text of sorted) e.string(text);
}

function decodeTexts(d: Decoder): Set<string> {
  return new Set(d.list((d) => d.string(), 4));
}

/** Types of options by number. @see src/common/options.h (16.2.15) */
const OPTION_TYPES = ['uint', 'int', 'str', 'float', 'bool', 'addr', 'addrvec', 'uuid', 'size', 'secs', 'millisecs'];
const OPTION_LEVELS = ['basic', 'advanced', 'dev'];

/** An option of a manager module. */
export class ModuleOption {
  name = '';
  type = 2;
  level = 1;
  flags = 0;
  defaultValue = '';
  min = '';
  max = '';
  enumAllowed = new Set<string>();
  desc = '';
  longDesc = '';
  tags = new Set<string>();
  seeAlso = new Set<string>();

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    e.string(this.name).u8(this.type).u8(this.level).u32(this.flags);
    e.string(this.defaultValue).string(this.min).string(this.max);
    encodeTexts(e, this.enumAllowed);
    e.string(this.desc).string(this.longDesc);
    encodeTexts(e, this.tags);
    encodeTexts(e, this.seeAlso);
    e.finish(mark);
  }

  static decode(d: Decoder): ModuleOption {
    return d.struct(1, (d) => {
      const option = new ModuleOption();
      option.name = d.string();
      option.type = d.u8();
      option.level = d.u8();
      option.flags = d.u32();
      option.defaultValue = d.string();
      option.min = d.string();
      option.max = d.string();
      option.enumAllowed = decodeTexts(d);
      option.desc = d.string();
      option.longDesc = d.string();
      option.tags = decodeTexts(d);
      option.seeAlso = decodeTexts(d);
      return option;
    });
  }

  dump(): Record<string, unknown> {
    return {
      name: this.name,
      type: OPTION_TYPES[this.type] ?? 'unknown',
      level: OPTION_LEVELS[this.level] ?? 'unknown',
      flags: this.flags,
      default_value: this.defaultValue,
      min: this.min,
      max: this.max,
      enum_allowed: [...this.enumAllowed],
      desc: this.desc,
      long_desc: this.longDesc,
      tags: [...this.tags],
      see_also: [...this.seeAlso],
    };
  }
}

/** A module that a manager has. */
export class ModuleInfo {
  name = '';
  canRun = true;
  errorString = '';
  options = new Map<string, ModuleOption>();

  encode(e: Encoder): void {
    const mark = e.start(2, 1);
    e.string(this.name).bool(this.canRun).string(this.errorString).u32(this.options.size);
    for (const [name, option] of sortedTexts(this.options)) {
      e.string(name);
      option.encode(e);
    }
    e.finish(mark);
  }

  static decode(d: Decoder): ModuleInfo {
    return d.struct(2, (d, version) => {
      const info = new ModuleInfo();
      info.name = d.string();
      info.canRun = d.bool();
      info.errorString = d.string();
      if (version >= 2) {
        info.options = d.map(
          (d) => d.string(),
          (d) => ModuleOption.decode(d),
          10,
        );
      }
      return info;
    });
  }

  dump(): Record<string, unknown> {
    return {
      name: this.name,
      can_run: this.canRun,
      error_string: this.errorString,
      module_options: Object.fromEntries(sortedTexts(this.options).map(([name, option]) => [name, option.dump()])),
    };
  }
}

/** A manager that stands by. */
export class StandbyMgr {
  gid = 0;
  name = '';
  availableModules: ModuleInfo[] = [];
  features = 0n;

  encode(e: Encoder): void {
    const mark = e.start(4, 1);
    e.u64(this.gid).string(this.name);
    encodeTexts(e, new Set(this.availableModules.map(({ name }) => name)));
    e.list(this.availableModules, (e, module) => module.encode(e));
    e.u64big(this.features);
    e.finish(mark);
  }

  static decode(d: Decoder): StandbyMgr {
    return d.struct(4, (d, version) => {
      const standby = new StandbyMgr();
      standby.gid = d.u64();
      standby.name = d.string();
      if (version >= 2) decodeTexts(d);
      if (version >= 3) standby.availableModules = d.list((d) => ModuleInfo.decode(d), 6);
      if (version >= 4) standby.features = d.u64big();
      return standby;
    });
  }
}

/** A client of a module of the active manager, to be blocklisted with it. */
export interface MgrModuleClient {
  /** Since version 12. */
  name: string;
  addrs: EntityAddrVec;
}

/**
 * MgrMap: which manager is active, which stand by, and their modules.
 * @see src/mon/MgrMap.h (16.2.15)
 */
export class MgrMap {
  epoch = 0;
  activeAddrs: EntityAddrVec = EntityAddrVec.EMPTY;
  activeGid = 0;
  available = false;
  activeName = '';
  standbys = new Map<number, StandbyMgr>();
  modules = new Set<string>();
  services = new Map<string, string>();
  availableModules: ModuleInfo[] = [];
  activeChange: UTime = UTime.ZERO;
  /** By release. */
  alwaysOnModules = new Map<number, Set<string>>();
  activeMgrFeatures = 0n;
  lastFailureOsdEpoch = 0;
  clients: MgrModuleClient[] = [];
  /** Version it came in: a map goes out as it came in. */
  structVersion = 12;

  encode(e: Encoder, features: bigint = CEPH_FEATURES_ALL): void {
    const mark = e.start(this.structVersion, 6);
    e.u32(this.epoch);
    this.activeAddrs.encode(e, features);
    e.u64(this.activeGid).bool(this.available).string(this.activeName).u32(this.standbys.size);
    for (const [gid, standby] of sortedEntries(this.standbys)) {
      e.u64(gid);
      standby.encode(e);
    }
    encodeTexts(e, this.modules);
    e.u32(this.services.size);
    for (const [name, uri] of sortedTexts(this.services)) e.string(name).string(uri);
    e.list(this.availableModules, (e, module) => module.encode(e));
    this.activeChange.encode(e);
    e.u32(this.alwaysOnModules.size);
    for (const [release, modules] of sortedEntries(this.alwaysOnModules)) {
      e.u32(release);
      encodeTexts(e, modules);
    }
    e.u64big(this.activeMgrFeatures).u32(this.lastFailureOsdEpoch);
    e.list(this.clients, (e, { addrs }) => addrs.encode(e, features));
    if (this.structVersion >= 12) e.list(this.clients, (e, { name }) => e.string(name));
    e.finish(mark);
  }

  /** Reads what releases from 16 on write. */
  static decode(d: Decoder): MgrMap {
    const frame = d.start(14, 'MgrMap');
    const { version } = frame;
    if (version < 11) throw d.error(`version ${version} is older than any supported release`);
    const map = new MgrMap();
    map.structVersion = Math.min(version, 12);
    map.epoch = d.u32();
    map.activeAddrs = EntityAddrVec.decode(d);
    map.activeGid = d.u64();
    map.available = d.bool();
    map.activeName = d.string();
    for (let left = d.count(14); left > 0; left--) {
      const gid = d.u64();
      map.standbys.set(gid, StandbyMgr.decode(d));
    }
    map.modules = decodeTexts(d);
    for (let left = d.count(8); left > 0; left--) {
      const name = d.string();
      map.services.set(name, d.string());
    }
    map.availableModules = d.list((d) => ModuleInfo.decode(d), 6);
    map.activeChange = UTime.decode(d);
    for (let left = d.count(8); left > 0; left--) {
      const release = d.u32();
      map.alwaysOnModules.set(release, decodeTexts(d));
    }
    map.activeMgrFeatures = d.u64big();
    map.lastFailureOsdEpoch = d.u32();
    const addrs = d.list((d) => EntityAddrVec.decode(d), 5);
    const names = version >= 12 ? d.list((d) => d.string(), 4) : [];
    map.clients = addrs.map((one, i) => ({ name: names[i] ?? '', addrs: one }));
    d.finish(frame, 'MgrMap');
    return map;
  }

  /** As `ceph mgr dump` shows it. */
  dump(): Record<string, unknown> {
    return {
      epoch: this.epoch,
      active_gid: this.activeGid,
      active_name: this.activeName,
      active_addrs: dumpAddrVec(this.activeAddrs),
      active_addr: legacyString(this.activeAddrs),
      active_change: this.activeChange.toString(),
      active_mgr_features: this.activeMgrFeatures,
      available: this.available,
      standbys: sortedEntries(this.standbys).map(([, { gid, name, features, availableModules }]) => ({
        gid,
        name,
        mgr_features: features,
        available_modules: availableModules.map((module) => module.dump()),
      })),
      modules: [...this.modules],
      available_modules: this.availableModules.map((module) => module.dump()),
      services: dumpTextMap(this.services),
      always_on_modules: Object.fromEntries(
        sortedEntries(this.alwaysOnModules).map(([release, modules]) => [releaseName(release), [...modules]]),
      ),
      last_failure_osd_epoch: this.lastFailureOsdEpoch,
      active_clients: this.clients.map(({ name, addrs }) =>
        this.structVersion >= 12 ? { name, ...dumpAddrVec(addrs) } : dumpAddrVec(addrs),
      ),
    };
  }
}
