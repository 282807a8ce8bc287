import type { MessageClass } from '@cephts/async-messenger';
import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import * as types from './message-types.js';

/** A message that is known by type and name, its payload left as it came: what MDSs of several ranks tell each other. */
export abstract class OpaqueMessage extends Message {
  payload: Uint8Array = new Uint8Array(0);
  #headVersion = 1;

  override get headVersion(): number {
    return this.#headVersion;
  }

  encodePayload(e: Encoder): void {
    e.raw(this.payload);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.#headVersion = headVersion;
    this.payload = d.rest().slice();
  }

  override print(): string {
    return `${this.typeName}(${this.payload.length} bytes)`;
  }
}

function opaque(type: number, typeName: string): MessageClass {
  return class extends OpaqueMessage {
    static readonly TYPE = type;
    readonly type = type;
    readonly typeName = typeName;
  };
}

/** Types and Ceph's print names. */
const kinds: readonly (readonly [type: number, name: string])[] = [
  [types.MSG_MDS_PEER_REQUEST, 'peer_request'],
  [types.MSG_MDS_SCRUB, 'mds_scrub'],
  [types.MSG_MDS_SCRUB_STATS, 'mds_scrub_stats'],
  [types.MSG_MDS_RESOLVE, 'mds_resolve'],
  [types.MSG_MDS_RESOLVEACK, 'resolve_ack'],
  [types.MSG_MDS_CACHEREJOIN, 'cache_rejoin'],
  [types.MSG_MDS_DISCOVER, 'discover'],
  [types.MSG_MDS_DISCOVERREPLY, 'discover_reply'],
  [types.MSG_MDS_INODEUPDATE, 'inode_update'],
  [types.MSG_MDS_DIRUPDATE, 'dir_update'],
  [types.MSG_MDS_CACHEEXPIRE, 'cache_expire'],
  [types.MSG_MDS_DENTRYUNLINK, 'dentry_unlink'],
  [types.MSG_MDS_FRAGMENTNOTIFY, 'fragment_notify'],
  [types.MSG_MDS_FRAGMENTNOTIFYACK, 'fragment_notify_ack'],
  [types.MSG_MDS_OFFLOAD_TARGETS, 'mds_load_targets'],
  [types.MSG_MDS_DENTRYLINK, 'dentry_link'],
  [types.MSG_MDS_FINDINO, 'findino'],
  [types.MSG_MDS_FINDINOREPLY, 'findinoreply'],
  [types.MSG_MDS_OPENINO, 'openino'],
  [types.MSG_MDS_OPENINOREPLY, 'openinoreply'],
  [types.MSG_MDS_SNAPUPDATE, 'snap_update'],
  [types.MSG_MDS_LOCK, 'lock'],
  [types.MSG_MDS_INODEFILECAPS, 'inode_file_caps'],
  [types.MSG_MDS_EXPORTDIRDISCOVER, 'export_discover'],
  [types.MSG_MDS_EXPORTDIRDISCOVERACK, 'export_discover_ack'],
  [types.MSG_MDS_EXPORTDIRCANCEL, 'export_cancel'],
  [types.MSG_MDS_EXPORTDIRPREP, 'export_prep'],
  [types.MSG_MDS_EXPORTDIRPREPACK, 'export_prep_ack'],
  [types.MSG_MDS_EXPORTDIRWARNING, 'export_warning'],
  [types.MSG_MDS_EXPORTDIRWARNINGACK, 'export_warning_ack'],
  [types.MSG_MDS_EXPORTDIR, 'export'],
  [types.MSG_MDS_EXPORTDIRACK, 'export_ack'],
  [types.MSG_MDS_EXPORTDIRNOTIFY, 'export_notify'],
  [types.MSG_MDS_EXPORTDIRNOTIFYACK, 'export_notify_ack'],
  [types.MSG_MDS_EXPORTDIRFINISH, 'export_finish'],
  [types.MSG_MDS_EXPORTCAPS, 'export_caps'],
  [types.MSG_MDS_EXPORTCAPSACK, 'export_caps_ack'],
  [types.MSG_MDS_GATHERCAPS, 'gather_caps'],
];

/** Name of a type that is only known by name, undefined for others. */
export function opaqueMessageName(type: number): string | undefined {
  return kinds.find(([known]) => known === type)?.[1];
}

export const opaqueMessageClasses: readonly MessageClass[] = kinds.map(([type, name]) => opaque(type, name));
