import { CommandMessage, CommandReplyMessage } from './command-message.js';
import { MSG_COMMAND, MSG_COMMAND_REPLY } from './message-types.js';

/** command: `ceph tell`. @see src/messages/MCommand.h (16.2.15) */
export class MCommand extends CommandMessage {
  static readonly TYPE = MSG_COMMAND;
  readonly type = MSG_COMMAND;
  readonly typeName = 'command';
}

/** command_reply. @see src/messages/MCommandReply.h (16.2.15) */
export class MCommandReply extends CommandReplyMessage {
  static readonly TYPE = MSG_COMMAND_REPLY;
  readonly type = MSG_COMMAND_REPLY;
  readonly typeName = 'command_reply';
}
