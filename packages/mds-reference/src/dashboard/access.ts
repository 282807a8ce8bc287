import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { CephError, ERRNO } from '@cephts/common';
import { isLoopback } from './address.js';

/** Shortest token that is taken. */
export const MIN_TOKEN_LENGTH = 16;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares without telling by its time where they differ, nor how long the right one is. */
function same(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Checks a token before anything listens.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION` when there is none and other machines could connect, or it is too short
 */
export function requireToken(loopback: boolean, token: string | undefined): void {
  const refuse = (message: string): never => {
    throw new CephError('ERR_CEPH_INVALID_OPTION', message, { errno: ERRNO.EINVAL });
  };
  if (token === undefined) {
    if (!loopback) refuse('A dashboard that other machines can reach needs a token; give one, or bind it to 127.0.0.1');
  } else if (token.length < MIN_TOKEN_LENGTH || !/^[\x21-\x7e]+$/.test(token)) {
    refuse(`Expected a dashboard token of at least ${MIN_TOKEN_LENGTH} printable characters without spaces`);
  }
}

/** Who may look. */
export class Access {
  readonly #token: string | undefined;
  /** What the cookie holds in the token's place: worth nothing to another server, or to this one once it is started anew. */
  readonly #ticket = randomBytes(32).toString('base64url');
  readonly #cookie: string;

  /** @param port tells the cookies of several dashboards on one machine apart */
  constructor(token: string | undefined, port: number) {
    this.#token = token;
    this.#cookie = `cephts-dashboard-${port}`;
  }

  /** The header that lets a browser in from now on. */
  get setCookie(): string {
    return `${this.#cookie}=${this.#ticket}; Path=/; HttpOnly; SameSite=Strict`;
  }

  isToken(given: string): boolean {
    return this.#token !== undefined && same(given, this.#token);
  }

  /** Has the request shown the token, or the cookie given for it? */
  isAllowed({ headers }: IncomingMessage): boolean {
    if (this.#token === undefined) return true;
    const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (bearer !== undefined) return this.isToken(bearer);
    const cookies = (headers.cookie ?? '').split(/; */);
    return cookies.some((pair) => pair.startsWith(`${this.#cookie}=`) && same(pair.slice(this.#cookie.length + 1), this.#ticket));
  }

  /**
   * Without a token, is the request addressed to this machine by number, or as localhost? A page from elsewhere whose name was made to
   * point here (DNS rebinding) says its own name.
   */
  isHostAllowed({ headers }: IncomingMessage): boolean {
    if (this.#token !== undefined) return true;
    const host = (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
    return host === 'localhost' || (isIP(host) !== 0 && isLoopback(host));
  }
}
