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
