import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { Uuid } from '@cephts/encoding';

/** A command for one daemon; input is in `data`. */
export abstract class CommandMessage extends Message {
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
    e.list(this.cmd, (e, part) => e.string(part));
  }

  decodePayload(d: Decoder): void {
    this.fsid = Uuid.decode(d);
    this.cmd = d.list((d) => d.string(), 4);
  }

  override print(): string {
    return `${this.typeName}(tid ${this.tid}: ${this.cmd.join(' ')})`;
  }
}

/** What a daemon says of a command; output is in `data`. */
export abstract class CommandReplyMessage extends Message {
  /** 0 or −errno. */
  r: number;
  rs: string;

  constructor(r = 0, rs = '', command?: Message) {
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
    return `${this.typeName}(tid ${this.tid}: ${this.r} ${this.rs})`;
  }
}
