import type { Decoder, Encoder } from '@cephts/encoding';
import { Uuid } from '@cephts/encoding';
import { MSG_MON_COMMAND, MSG_MON_COMMAND_ACK } from './message-types.js';
import { PaxosServiceMessage } from './paxos-service-message.js';

/** mon_command: input is in `data`. @see src/messages/MMonCommand.h (16.2.15) */
export class MMonCommand extends PaxosServiceMessage {
  static readonly TYPE = MSG_MON_COMMAND;
  readonly type = MSG_MON_COMMAND;
  readonly typeName = 'mon_command';

  fsid: Uuid;
  /** JSON, split in pieces. */
  cmd: string[];

  constructor(fsid: Uuid = Uuid.ZERO, cmd: string[] = []) {
    super();
    this.fsid = fsid;
    this.cmd = cmd;
  }

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    this.fsid.encode(e);
    e.list(this.cmd, (e, part) => e.string(part));
  }

  decodePayload(d: Decoder): void {
    this.paxosDecode(d);
    this.fsid = Uuid.decode(d);
    this.cmd = d.list((d) => d.string(), 4);
  }

  override print(): string {
    return `mon_command(${this.cmd.join(' ')} v ${this.version})`;
  }
}

/** mon_command_ack: output is in `data`. @see src/messages/MMonCommandAck.h (16.2.15) */
export class MMonCommandAck extends PaxosServiceMessage {
  static readonly TYPE = MSG_MON_COMMAND_ACK;
  readonly type = MSG_MON_COMMAND_ACK;
  readonly typeName = 'mon_command_ack';

  cmd: string[] = [];
  /** 0 or a negative errno. */
  r = 0;
  rs = '';

  encodePayload(e: Encoder): void {
    this.paxosEncode(e);
    e.s32(this.r).string(this.rs);
    e.list(this.cmd, (e, part) => e.string(part));
  }

  decodePayload(d: Decoder): void {
    this.paxosDecode(d);
    this.r = d.s32();
    this.rs = d.string();
    this.cmd = d.list((d) => d.string(), 4);
  }

  override print(): string {
    return `mon_command_ack(${this.cmd.join(' ')}=${this.r} ${this.rs} v${this.version})`;
  }
}
