import type { CommandMap } from './command-desc.js';
import type { MirrorUpdate } from './process-view.js';
import type { CommandResult } from './self-answers.js';

/** What the admin_socket thread is told. */
export type AsokRequest =
  | { type: 'mirror'; update: MirrorUpdate }
  /** A command that came over the network (`ceph tell`): it takes its turn among those of the socket. */
  | { type: 'tell'; id: number; json: string }
  | { type: 'result'; id: number; result: CommandResult }
  | { type: 'stop' };

/** What it tells the main isolate. */
export type AsokReply =
  | { type: 'listening' }
  | { type: 'failed'; message: string }
  | { type: 'command'; id: number; prefix: string; cmd: CommandMap }
  | { type: 'told'; id: number; result: CommandResult; text: string };
