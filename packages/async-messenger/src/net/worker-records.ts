/** Records for a msgr-worker; each begins with its kind and the number of its wire (or listener). */
export const Command = {
  /** address: connect. */
  CONNECT: 1,
  /** bytes: send them as they are. */
  RAW: 2,
  /** 1 for msgr2.1, bytes of the longest message: frames follow. */
  FRAMES: 3,
  /** key, receiving and sending nonce: frames are sealed from now on. */
  SECURE: 4,
  /** Read one more frame, or go on with a message that was not admitted. */
  NEXT: 5,
  /** Read frames as they come. */
  STREAM: 6,
  /** tag, payload: send a control frame. */
  CONTROL: 7,
  /** header, front, middle, data: send a message. */
  MESSAGE: 8,
  /** Close. */
  DESTROY: 9,
  /** bytes: so many of frames were taken over. */
  CREDIT: 10,
  /** listener: address. */
  LISTEN: 11,
  /** listener. */
  UNLISTEN: 12,
  /** End the thread. */
  EXIT: 13,
} as const;

/** Records from a msgr-worker; each begins with its kind and the number of its wire (or listener). */
export const Report = {
  /** local address: the socket is up. */
  CONNECTED: 1,
  /** payload, raw: the peer's banner. */
  BANNER: 2,
  /** tag, payload, 1 and raw or 0: a control frame. */
  FRAME: 3,
  /** wire length, lengths of front, middle and data, header, and their bytes: a message. */
  MESSAGE: 4,
  /** size: a message waits to be admitted. */
  WANT: 5,
  /** reason, code: the wire is closed. */
  FAULT: 6,
  /** bytes: so many were handed to the socket. */
  SENT: 7,
  /** listener, peer, local: a connection was accepted. */
  ACCEPTED: 8,
  /** listener, port, error code, error text. */
  LISTENING: 9,
  /** A message was aborted by its sender. */
  ABORTED: 10,
  /** listener: closed. */
  UNLISTENED: 11,
  /** wire length, lengths of front, middle and data, header, number of the buffer they are in, and their offsets: a message. */
  MESSAGE_GIVEN: 12,
} as const;

/** What crosses between the isolates in one go. */
export interface Batch {
  records: Uint8Array;
  /** Memory with messages in it that changed hands. */
  buffers: ArrayBuffer[];
  /** From a worker: when it was made, in monotonic ms of the main isolate. */
  at: number;
}

/** Bytes of frames that a worker may hand over without being asked to go on. */
export const WINDOW = 1024 * 1024;
/** Bytes that a frame counts there beside those of its message: small ones, too, take memory where they wait. */
export const FRAME_COST = 128;
/** Accepted wires are numbered by the worker from here on, connecting ones by the main isolate below. */
export const ACCEPTED_BASE = 0x8000_0000;
