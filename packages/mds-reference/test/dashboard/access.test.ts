import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { Access, requireToken } from '../../src/dashboard/access.js';
import { parseListenAddress } from '../../src/dashboard/address.js';

const TOKEN = 'correct-horse-battery';
const request = (headers: Record<string, string>): IncomingMessage => ({ headers }) as unknown as IncomingMessage;

describe('the address of the dashboard', () => {
  it.each([
    ['7777', '127.0.0.1', 7777, true],
    [':7777', '127.0.0.1', 7777, true],
    ['127.0.0.1', '127.0.0.1', 7400, true],
    ['localhost:0', '127.0.0.1', 0, true],
    ['127.9.9.9:80', '127.9.9.9', 80, true],
    ['[::1]:80', '::1', 80, true],
    ['::1', '::1', 7400, true],
    ['0.0.0.0:80', '0.0.0.0', 80, false],
    ['[::]:80', '::', 80, false],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1', 7400, false],
    ['10.0.0.1', '10.0.0.1', 7400, false],
  ])('%s is %s port %i, on the loopback: %s', (text, host, port, loopback) => {
    expect(parseListenAddress(text)).toEqual({ host, port, loopback });
  });

  it.each(['example.com', 'example.com:80', '127.0.0.1:65536', '1.2.3.4:x', '[::1', '127.0.0.1:80:80', '300.1.1.1', '99999'])(
    '%s is refused, with what was expected',
    (text) => {
      expect(() => parseListenAddress(text)).toThrow(`Expected an address as in 127.0.0.1:7400 for the dashboard, got \`${text}\``);
    },
  );
});

describe('access to the dashboard', () => {
  it('needs a token wherever other machines could connect', () => {
    expect(() => requireToken(false, undefined)).toThrow(/needs a token/);
    expect(() => requireToken(true, undefined)).not.toThrow();
    expect(() => requireToken(false, TOKEN)).not.toThrow();
  });

  it.each(['short', '', 'with a space in it all', 'ünprintable-ünprintable'])(
    'takes no token that is easily guessed or cannot be sent, such as `%s`, and does not repeat it',
    (token) => {
      expect(() => requireToken(true, token)).toThrow(
        'Expected a dashboard token of at least 16 printable characters without spaces',
      );
    },
  );

  it('lets in who shows the token', () => {
    const access = new Access(TOKEN, 7400);
    expect(access.isAllowed(request({}))).toBe(false);
    expect(access.isAllowed(request({ authorization: `Bearer ${TOKEN}` }))).toBe(true);
    expect(access.isAllowed(request({ authorization: `Bearer ${TOKEN}x` }))).toBe(false);
    expect(access.isAllowed(request({ authorization: `Basic ${TOKEN}` }))).toBe(false);
  });

  it('gives a browser a cookie that is not the token, and takes it only from the server that gave it', () => {
    const access = new Access(TOKEN, 7400);
    const [cookie = ''] = access.setCookie.split(';');
    expect(cookie).not.toContain(TOKEN);
    expect(access.setCookie).toMatch(/HttpOnly; SameSite=Strict$/);
    expect(access.isAllowed(request({ cookie: `theme=dark; ${cookie}` }))).toBe(true);
    expect(access.isAllowed(request({ cookie: `${cookie}x` }))).toBe(false);
    expect(new Access(TOKEN, 7400).isAllowed(request({ cookie }))).toBe(false);
  });

  it('without a token answers only to the addresses of this machine, so that no page from elsewhere can pose as it', () => {
    const access = new Access(undefined, 7400);
    for (const host of ['127.0.0.1:7400', 'localhost:7400', '[::1]:7400', '127.0.0.1']) {
      expect(access.isHostAllowed(request({ host }))).toBe(true);
    }
    for (const host of ['evil.example:7400', '10.0.0.1', 'localhost.evil.example', '']) {
      expect(access.isHostAllowed(request({ host }))).toBe(false);
    }
  });
});
