import type { MessageClass } from '@cephts/async-messenger';
import { MAuth, MAuthReply } from './m-auth.js';
import { MConfig } from './m-config.js';
import { MMgrClose, MMgrCommand, MMgrCommandReply, MMgrConfigure, MMgrOpen, MMgrReport } from './m-mgr.js';
import { MFSMap, MMgrMap, MServiceMap } from './m-maps.js';
import { MLog, MLogAck } from './m-log.js';
import { MMonCommand, MMonCommandAck } from './m-mon-command.js';
import { MPing } from './m-ping.js';
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
import { MOSDBackoff } from './osd/m-osd-backoff.js';
import { MOSDMap } from './osd/m-osd-map.js';
import { MOSDOpReply } from './osd/m-osd-op-reply.js';
import { MOSDOp } from './osd/m-osd-op.js';
import { MPoolOp, MPoolOpReply } from './osd/m-pool-op.js';
import { MGetPoolStats, MGetPoolStatsReply, MStatfs, MStatfsReply } from './osd/m-pool-stats.js';
import { MWatchNotify } from './osd/m-watch-notify.js';

/** What monitors, managers and OSDs say to their clients and daemons, and hear from them. */
export const radosMessageClasses: readonly MessageClass[] = [
  MAuth,
  MAuthReply,
  MConfig,
  MFSMap,
  MMgrClose,
  MMgrCommand,
  MMgrCommandReply,
  MMgrConfigure,
  MMgrOpen,
  MMgrReport,
  MMgrMap,
  MServiceMap,
  MLog,
  MLogAck,
  MMonCommand,
  MMonCommandAck,
  MPing,
  MCommand,
  MCommandReply,
  MGetPoolStats,
  MGetPoolStatsReply,
  MMDSBeacon,
  MMDSMap,
  MMonGetMap,
  MMonGetVersion,
  MMonGetVersionReply,
  MMonMap,
  MMonSubscribe,
  MMonSubscribeAck,
  MOSDBackoff,
  MOSDMap,
  MOSDOp,
  MOSDOpReply,
  MPing,
  MPoolOp,
  MPoolOpReply,
  MRemoveSnaps,
  MStatfs,
  MStatfsReply,
  MWatchNotify,
];
