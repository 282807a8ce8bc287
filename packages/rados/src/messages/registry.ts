import type { MessageClass } from '@cephts/async-messenger';
import { MCommand, MCommandReply } from './m-command.js';
import { MMDSBeacon } from './m-mds-beacon.js';
import { MMDSMap } from './m-mds-map.js';
import {
  MMonGetMap,
  MMonGetVersion,
  MMonGetVersionReply,
  MMonMap,
  MMonSubscribe,
  MMonSubscribeAck,
  MRemoveSnaps,
} from './m-mon.js';
import { MOSDMap } from './osd/m-osd-map.js';

/** What monitors, managers and OSDs say to their clients and daemons, and hear from them. */
export const radosMessageClasses: readonly MessageClass[] = [
  MCommand,
  MCommandReply,
  MMDSBeacon,
  MMDSMap,
  MMonGetMap,
  MMonGetVersion,
  MMonGetVersionReply,
  MMonMap,
  MMonSubscribe,
  MMonSubscribeAck,
  MOSDMap,
  MRemoveSnaps,
];
