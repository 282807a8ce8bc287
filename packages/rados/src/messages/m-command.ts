import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { Uuid } from '@cephts/encoding';
import { MSG_COMMAND, MSG_COMMAND_REPLY } from './message-types.js';

/**
 * command: `ceph tell`; input is in `data`.
 * @see src/messages/MCommand.h (16.2.15)
 */
export class MCommand extends Message {
  static readonly TYPE = MSG_COMMAND;
  readonly type = MSG_COMMAND;
  readonly typeName = 'command';

  fsid: Uuid;
  /** JSON, split in pieces. */
  cmd: string[];

  constructor(fsid: Uuid = Uuid.ZERO, cmd: string[] = []) {
    super();
    this.fsid = fsid;
    this.cmd = cmd;
  }

  encodePayload(e: Encoder): void {
    this.fsid.encode(e);
    e.u32(this.cmd.length);
    for (const part of this.cmd) e.string(part);
  }

  decodePayload(d: Decoder): void {
    this.fsid = Uuid.decode(d);
    for (let left = d.count(4); left > 0; left--) this.cmd.push(d.string());
  }

  override print(): string {
    return `command(tid ${this.tid}: ${this.cmd.join(' ')})`;
  }
}

/** command_reply; output is in `data`. @see src/messages/MCommandReply.h (16.2.15) */
export class MCommandReply extends Message {
  static readonly TYPE = MSG_COMMAND_REPLY;
  readonly type = MSG_COMMAND_REPLY;
  readonly typeName = 'command_reply';

  /** 0 or −errno. */
  r: number;
  rs: string;

  constructor(r = 0, rs = '', command?: MCommand) {
    super();
    this.r = r;
    this.rs = rs;
    if (command !== undefined) this.tid = command.tid;
  }

  encodePayload(e: Encoder): void {
    e.s32(this.r).string(this.rs);
  }

  decodePayload(d: Decoder): void {
    this.r = d.s32();
    this.rs = d.string();
  }

  override print(): string {
    return `command_reply(tid ${this.tid}: ${this.r} ${this.rs})`;
  }
}
