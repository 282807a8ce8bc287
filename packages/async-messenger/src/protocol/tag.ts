/**
 * Tags of msgr2 frames.
 *
 * @see src/msg/async/frames_v2.h (16.2.15)
 */
export const Tag = {
  HELLO: 1,
  AUTH_REQUEST: 2,
  AUTH_BAD_METHOD: 3,
  AUTH_REPLY_MORE: 4,
  AUTH_REQUEST_MORE: 5,
  AUTH_DONE: 6,
  AUTH_SIGNATURE: 7,
  CLIENT_IDENT: 8,
  SERVER_IDENT: 9,
  IDENT_MISSING_FEATURES: 10,
  SESSION_RECONNECT: 11,
  SESSION_RESET: 12,
  SESSION_RETRY: 13,
  SESSION_RETRY_GLOBAL: 14,
  SESSION_RECONNECT_OK: 15,
  WAIT: 16,
  MESSAGE: 17,
  KEEPALIVE2: 18,
  KEEPALIVE2_ACK: 19,
  ACK: 20,
} as const;

/** One of {@link Tag}. */
export type Tag = (typeof Tag)[keyof typeof Tag];

const NAMES = new Map<number, string>(Object.entries(Tag).map(([name, tag]) => [tag, name]));

/** `'MESSAGE'` for 17; `'unknown tag 99'` for what is none. */
export function tagName(tag: number): string {
  return NAMES.get(tag) ?? `unknown tag ${tag}`;
}

/** Is there a frame of that tag? */
export function isTag(tag: number): tag is Tag {
  return NAMES.has(tag);
}
