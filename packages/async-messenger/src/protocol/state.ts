import { Tag } from './tag.js';

/**
 * States of a msgr2 connection, by Ceph's names and in Ceph's order: ranges of them are compared.
 *
 * ```text
 *  connector                                      acceptor
 *  START_CONNECT                                  START_ACCEPT
 *  BANNER_CONNECTING      <------ banner ------>  BANNER_ACCEPTING
 *  HELLO_CONNECTING       <------ HELLO ------->  HELLO_ACCEPTING
 *  AUTH_CONNECTING        ---- AUTH_REQUEST --->  AUTH_ACCEPTING / AUTH_ACCEPTING_MORE
 *  AUTH_CONNECTING_SIGN   <-- AUTH_DONE, then AUTH_SIGNATURE both ways -->  AUTH_ACCEPTING_SIGN
 *  SESSION_CONNECTING     ---- CLIENT_IDENT --->  SESSION_ACCEPTING
 *  SESSION_RECONNECTING   -- SESSION_RECONNECT ->
 *  READY                  <---------------------  READY
 * ```
 *
 * READY goes through THROTTLE_MESSAGE … READ_MESSAGE_COMPLETE for each message that comes and back. A fault leads to START_CONNECT,
 * STANDBY (wait for work or for the peer), or CLOSED.
 *
 * @see src/msg/async/ProtocolV2.h (16.2.15)
 */
export const State = {
  NONE: 0,
  START_CONNECT: 1,
  BANNER_CONNECTING: 2,
  HELLO_CONNECTING: 3,
  AUTH_CONNECTING: 4,
  AUTH_CONNECTING_SIGN: 5,
  SESSION_CONNECTING: 6,
  SESSION_RECONNECTING: 7,
  START_ACCEPT: 8,
  BANNER_ACCEPTING: 9,
  HELLO_ACCEPTING: 10,
  AUTH_ACCEPTING: 11,
  AUTH_ACCEPTING_MORE: 12,
  AUTH_ACCEPTING_SIGN: 13,
  SESSION_ACCEPTING: 14,
  READY: 15,
  THROTTLE_MESSAGE: 16,
  THROTTLE_BYTES: 17,
  THROTTLE_DISPATCH_QUEUE: 18,
  THROTTLE_DONE: 19,
  READ_MESSAGE_COMPLETE: 20,
  STANDBY: 21,
  WAIT: 22,
  CLOSED: 23,
} as const;

/** One of {@link State}. */
export type State = (typeof State)[keyof typeof State];

const NAMES = Object.keys(State);

/** `'READY'` and the like. */
export function stateName(state: State): string {
  return NAMES[state] as string;
}

/** The states in which each frame may come; anywhere else it is a fault. */
export const FRAME_STATES: Readonly<Record<Tag, readonly State[]>> = {
  [Tag.HELLO]: [State.HELLO_CONNECTING, State.HELLO_ACCEPTING],
  [Tag.AUTH_REQUEST]: [State.AUTH_ACCEPTING],
  [Tag.AUTH_BAD_METHOD]: [State.AUTH_CONNECTING],
  [Tag.AUTH_REPLY_MORE]: [State.AUTH_CONNECTING],
  [Tag.AUTH_REQUEST_MORE]: [State.AUTH_ACCEPTING_MORE],
  [Tag.AUTH_DONE]: [State.AUTH_CONNECTING],
  [Tag.AUTH_SIGNATURE]: [State.AUTH_CONNECTING_SIGN, State.AUTH_ACCEPTING_SIGN],
  [Tag.CLIENT_IDENT]: [State.SESSION_ACCEPTING],
  [Tag.SERVER_IDENT]: [State.SESSION_CONNECTING],
  [Tag.IDENT_MISSING_FEATURES]: [State.SESSION_CONNECTING],
  [Tag.SESSION_RECONNECT]: [State.SESSION_ACCEPTING],
  [Tag.SESSION_RESET]: [State.SESSION_RECONNECTING],
  [Tag.SESSION_RETRY]: [State.SESSION_RECONNECTING],
  [Tag.SESSION_RETRY_GLOBAL]: [State.SESSION_RECONNECTING],
  [Tag.SESSION_RECONNECT_OK]: [State.SESSION_RECONNECTING],
  [Tag.WAIT]: [State.SESSION_CONNECTING, State.SESSION_RECONNECTING],
  [Tag.MESSAGE]: [State.READY, State.THROTTLE_DONE],
  [Tag.KEEPALIVE2]: [State.READY],
  [Tag.KEEPALIVE2_ACK]: [State.READY],
  [Tag.ACK]: [State.READY],
};
