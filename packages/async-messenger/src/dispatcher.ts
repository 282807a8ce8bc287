import type { Connection } from './connection.js';
import type { Message } from './message.js';

/**
 * Takes messages and is told of what happens to connections. A messenger asks its dispatchers in order until one says that it took a
 * message. All but {@link Dispatcher.msDispatch} are optional.
 *
 * Fast methods run on the stack of the event center, before anything is queued; the others on ms_dispatch. What a method throws goes to
 * the context's `onError`, and the connection goes on.
 *
 * @see src/msg/Dispatcher.h (16.2.15)
 */
export interface Dispatcher {
  name?: string;
  /** Takes a message (true) or leaves it to the next dispatcher (false). */
  msDispatch(m: Message): boolean;
  /** Does it fast dispatch anything? Asked once, when it is added. */
  msCanFastDispatchAny?(): boolean;
  msCanFastDispatch?(m: Message): boolean;
  msFastDispatch?(m: Message): void;
  /** Sees every message first, where it fast dispatches any. */
  msFastPreprocess?(m: Message): void;
  /** A connection of ours is up, again after each reconnect. */
  msHandleConnect?(con: Connection): void;
  /** A peer's connection is up, again after each reconnect, with the same object. */
  msHandleAccept?(con: Connection): void;
  /** A connection is gone for good. True ends the round of dispatchers. */
  msHandleReset?(con: Connection): boolean;
  /** The peer has lost the session: what was queued, and what it had not dispatched, is gone. The connection goes on. */
  msHandleRemoteReset?(con: Connection): void;
  /** Nobody listens there. True ends the round of dispatchers. */
  msHandleRefused?(con: Connection): boolean;
  msHandleFastConnect?(con: Connection): void;
  msHandleFastAccept?(con: Connection): void;
  /** A peer was authenticated. False refuses it, and so does an error. */
  msHandleAuthentication?(con: Connection): boolean;
}
