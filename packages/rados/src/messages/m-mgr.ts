import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { decodeTextMap, encodeTextMap } from '@cephts/encoding';
import { CommandMessage, CommandReplyMessage } from './command-message.js';
import {
  MSG_MGR_CLOSE,
  MSG_MGR_COMMAND,
  MSG_MGR_COMMAND_REPLY,
  MSG_MGR_CONFIGURE,
  MSG_MGR_OPEN,
  MSG_MGR_REPORT,
} from './message-types.js';

const EMPTY = new Uint8Array(0);

/** mgropen: a daemon begins to report. @see src/messages/MMgrOpen.h (16.2.15) */
export class MMgrOpen extends Message {
  static readonly TYPE = MSG_MGR_OPEN;
  readonly type = MSG_MGR_OPEN;
  readonly typeName = 'mgropen';

  daemonName = '';
  /** '' for the entity's own type. */
  serviceName = '';
  /** Is it a service that only managers know? */
  serviceDaemon = false;
  daemonMetadata = new Map<string, string>();
  daemonStatus = new Map<string, string>();
  /** An encoded map of options to their values by source. */
  config: Uint8Array = EMPTY;
  /** An encoded map of options to their defaults. */
  configDefaults: Uint8Array = EMPTY;

  override get headVersion(): number {
    return 3;
  }

  encodePayload(e: Encoder): void {
    e.string(this.daemonName).string(this.serviceName).bool(this.serviceDaemon);
    if (this.serviceDaemon) {
      encodeTextMap(e, this.daemonMetadata);
      encodeTextMap(e, this.daemonStatus);
    }
    e.blob(this.config).blob(this.configDefaults);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.daemonName = d.string();
    if (headVersion >= 2) {
      this.serviceName = d.string();
      this.serviceDaemon = d.bool();
      if (this.serviceDaemon) {
        this.daemonMetadata = decodeTextMap(d);
        this.daemonStatus = decodeTextMap(d);
      }
    }
    if (headVersion >= 3) {
      this.config = d.blob().slice();
      this.configDefaults = d.blob().slice();
    }
  }

  override print(): string {
    return `mgropen(${this.serviceName}.${this.daemonName}${this.serviceDaemon ? ' daemon' : ''})`;
  }
}

/** mgrclose: a daemon has ended, or may. @see src/messages/MMgrClose.h (16.2.15) */
export class MMgrClose extends Message {
  static readonly TYPE = MSG_MGR_CLOSE;
  readonly type = MSG_MGR_CLOSE;
  readonly typeName = 'mgrclose';

  daemonName = '';
  serviceName = '';

  encodePayload(e: Encoder): void {
    e.string(this.daemonName).string(this.serviceName);
  }

  decodePayload(d: Decoder): void {
    this.daemonName = d.string();
    this.serviceName = d.string();
  }

  override print(): string {
    return `mgrclose(${this.serviceName}.${this.daemonName})`;
  }
}

/** mgrconfigure: what to report, how often. @see src/messages/MMgrConfigure.h (16.2.15) */
export class MMgrConfigure extends Message {
  static readonly TYPE = MSG_MGR_CONFIGURE;
  readonly type = MSG_MGR_CONFIGURE;
  readonly typeName = 'mgrconfigure';

  /** Seconds between reports; 0 for none. */
  statsPeriod = 0;
  /** Least priority of a counter to report. */
  statsThreshold = 0;

  override get headVersion(): number {
    return 4;
  }

  encodePayload(e: Encoder): void {
    // no queries of performance metrics
    e.u32(this.statsPeriod).u32(this.statsThreshold).u32(0).bool(false);
  }

  decodePayload(d: Decoder, headVersion: number): void {
    this.statsPeriod = d.u32();
    if (headVersion >= 2) this.statsThreshold = d.u32();
    // queries of performance metrics, which a daemon may leave unanswered
    d.rest();
  }

  override print(): string {
    return `mgrconfigure(period=${this.statsPeriod}, threshold=${this.statsThreshold})`;
  }
}

/** A counter that is reported for the first time. @see src/messages/MMgrReport.h (16.2.15) */
export interface PerfCounterDeclaration {
  /** `logger.counter` */
  path: string;
  description: string;
  nick: string;
  /** Bits: 1 time, 2 u64, 4 long-run average, 8 counter, 16 histogram. */
  type: number;
  priority: number;
  /** 0 bytes, 1 none. */
  unit: number;
}

function encodeDeclaration(e: Encoder, { path, description, nick, type, priority, unit }: PerfCounterDeclaration): void {
  e.struct(3, 1, (e) => e.string(path).string(description).string(nick).u8(type).u8(priority).u8(unit));
}

function decodeDeclaration(d: Decoder): PerfCounterDeclaration {
  return d.struct(3, (d, version) => ({
    path: d.string(),
    description: d.string(),
    nick: d.string(),
    type: d.u8(),
    priority: version >= 2 ? d.u8() : 5,
    unit: version >= 3 ? d.u8() : 1,
  }));
}

function encodeOptionalMap(e: Encoder, map: ReadonlyMap<string, string> | undefined): void {
  e.bool(map !== undefined);
  if (map) encodeTextMap(e, map);
}

/** mgrreport: what a daemon's counters say. @see src/messages/MMgrReport.h (16.2.15) */
export class MMgrReport extends Message {
  static readonly TYPE = MSG_MGR_REPORT;
  readonly type = MSG_MGR_REPORT;
  readonly typeName = 'mgrreport';

  daemonName = '';
  serviceName = '';
  declareTypes: PerfCounterDeclaration[] = [];
  undeclareTypes: string[] = [];
  /** The values of all declared counters by ascending path, encoded. */
  packed: Uint8Array = EMPTY;
  /** Where they have changed. */
  daemonStatus: Map<string, string> | undefined = undefined;
  taskStatus: Map<string, string> | undefined = undefined;
  config: Uint8Array = EMPTY;

  override get headVersion(): number {
    return 9;
  }

  encodePayload(e: Encoder): void {
    e.string(this.daemonName).list(this.declareTypes, encodeDeclaration).blob(this.packed);
    e.list(this.undeclareTypes, (e, path) => e.string(path)).string(this.serviceName);
    encodeOptionalMap(e, this.daemonStatus);
    e.u32(0); // health metrics of the daemon
    e.blob(this.config);
    e.u32(0); // reports of an OSD's performance metrics
    encodeOptionalMap(e, this.taskStatus);
    e.bool(false); // metrics of other daemons
  }

  decodePayload(d: Decoder): void {
    this.daemonName = d.string();
    this.declareTypes = d.list(decodeDeclaration, 6);
    this.packed = d.blob().slice();
    this.undeclareTypes = d.list((d) => d.string(), 4);
    this.serviceName = d.string();
    this.daemonStatus = d.bool() ? decodeTextMap(d) : undefined;
    d.rest();
  }

  override print(): string {
    return `mgrreport(${this.serviceName}.${this.daemonName} +${this.declareTypes.length}-${this.undeclareTypes.length} packed ${this.packed.length})`;
  }
}

/** mgr_command. @see src/messages/MMgrCommand.h (16.2.15) */
export class MMgrCommand extends CommandMessage {
  static readonly TYPE = MSG_MGR_COMMAND;
  readonly type = MSG_MGR_COMMAND;
  readonly typeName = 'mgr_command';
}

/** mgr_command_reply. @see src/messages/MMgrCommandReply.h (16.2.15) */
export class MMgrCommandReply extends CommandReplyMessage {
  static readonly TYPE = MSG_MGR_COMMAND_REPLY;
  readonly type = MSG_MGR_COMMAND_REPLY;
  readonly typeName = 'mgr_command_reply';
}
