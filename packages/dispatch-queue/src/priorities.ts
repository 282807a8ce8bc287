/**
 * Priorities of messages. From LOW on a message is queued strictly: nothing of a lower priority goes before it. Below LOW the token
 * bucket shares out what is left.
 *
 * @see src/include/msgr.h (16.2.15)
 */
export const PRIORITY: { readonly LOW: 64; readonly DEFAULT: 127; readonly HIGH: 196; readonly HIGHEST: 255 } = {
  LOW: 64,
  DEFAULT: 127,
  HIGH: 196,
  HIGHEST: 255,
};

/** The highest priority that a queue tells apart. */
export const MAX_PRIORITY = 511;

/** What happened to a connection, for the entries of a dispatch queue that carry no message. */
export const DISPATCH_CODE: {
  readonly D_CONNECT: 1;
  readonly D_ACCEPT: 2;
  readonly D_BAD_REMOTE_RESET: 3;
  readonly D_BAD_RESET: 4;
  readonly D_CONN_REFUSED: 5;
  readonly D_NUM_CODES: 6;
} = { D_CONNECT: 1, D_ACCEPT: 2, D_BAD_REMOTE_RESET: 3, D_BAD_RESET: 4, D_CONN_REFUSED: 5, D_NUM_CODES: 6 };

/** One of {@link DISPATCH_CODE}, without the count. */
export type DispatchCode = 1 | 2 | 3 | 4 | 5;
