import type { Message } from '@cephts/async-messenger';
import { CEPH_ENTITY_TYPE_MDS } from '@cephts/encoding';
import * as types from '../messages/message-types.js';
import type { MDSRank } from '../rank/mds-rank.js';

/** Ceph's handler of each kind of message, by which side of a migration it is for. */
const HANDLERS: ReadonlyMap<number, string> = new Map([
  [types.MSG_MDS_EXPORTDIRDISCOVER, 'handle_export_discover'],
  [types.MSG_MDS_EXPORTDIRPREP, 'handle_export_prep'],
  [types.MSG_MDS_EXPORTDIR, 'handle_export_dir'],
  [types.MSG_MDS_EXPORTDIRFINISH, 'handle_export_finish'],
  [types.MSG_MDS_EXPORTDIRCANCEL, 'handle_export_cancel'],
  [types.MSG_MDS_EXPORTDIRDISCOVERACK, 'handle_export_discover_ack'],
  [types.MSG_MDS_EXPORTDIRPREPACK, 'handle_export_prep_ack'],
  [types.MSG_MDS_EXPORTDIRACK, 'handle_export_ack'],
  [types.MSG_MDS_EXPORTDIRNOTIFYACK, 'handle_export_notify_ack'],
  [types.MSG_MDS_EXPORTDIRNOTIFY, 'handle_export_notify'],
  [types.MSG_MDS_EXPORTCAPS, 'handle_export_caps'],
  [types.MSG_MDS_EXPORTCAPSACK, 'handle_export_caps_ack'],
  [types.MSG_MDS_GATHERCAPS, 'handle_gather_caps'],
]);

/**
 * Moves subtrees between ranks. With a single rank there is nobody to move them to: every kind of message is known by its handler's name,
 * taken from an MDS only, and refused, as no migration is under way that it could belong to.
 *
 * @see src/mds/Migrator.cc (16.2.15)
 */
export class Migrator {
  readonly #mds: MDSRank;
  #refused = 0;

  constructor(mds: MDSRank) {
    this.#mds = mds;
  }

  /** Messages that belonged to no migration. */
  get refused(): number {
    return this.#refused;
  }

  dispatch(m: Message): void {
    this.#refused++;
    const handler = HANDLERS.get(m.type);
    if (handler === undefined) this.#mds.dout(0, () => `migrator unknown message ${m.type}`);
    else if (m.src.type !== CEPH_ENTITY_TYPE_MDS)
      this.#mds.dout(0, () => `${handler}: ${m.typeName} from ${m.src}, which is no MDS, dropped`);
    else this.#mds.dout(0, () => `${handler}: ${m.typeName} from ${m.src} belongs to no migration, dropped`);
  }

  /** Name of the handler of a kind of message, as in Ceph. */
  static handlerName(type: number): string | undefined {
    return HANDLERS.get(type);
  }
}
