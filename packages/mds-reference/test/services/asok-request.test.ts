import { describe, expect, it } from '@jest/globals';
import { frameReply, MAX_REQUEST, parseRequest } from '../../src/services/asok-request.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('requests on the admin socket', () => {
  it('end with a newline or a zero byte', () => {
    expect(parseRequest(bytes('{"prefix":"help"}\n'))).toEqual({ done: true, json: '{"prefix":"help"}' });
    expect(parseRequest(bytes('{"prefix":"help"}\0'))).toEqual({ done: true, json: '{"prefix":"help"}' });
  });

  it('are not complete before that', () => {
    expect(parseRequest(bytes('{"prefix":'))).toEqual({ done: false });
    expect(parseRequest(new Uint8Array(0))).toEqual({ done: false });
  });

  it('of the protocol before JSON are four bytes', () => {
    expect(parseRequest(Uint8Array.of(0, 0, 0))).toEqual({ done: false });
    expect(parseRequest(Uint8Array.of(0, 0, 0, 0))).toEqual({ done: true, json: '{"prefix":"0"}' });
    expect(parseRequest(Uint8Array.of(0, 0, 0, 1))).toEqual({ done: true, json: '{"prefix":"perfcounters_dump"}' });
    expect(parseRequest(Uint8Array.of(0, 0, 0, 2))).toEqual({ done: true, json: '{"prefix":"perfcounters_schema"}' });
    expect(parseRequest(Uint8Array.of(0, 0, 0, 9))).toMatchObject({ done: true, error: expect.any(String) });
  });

  it('are refused when they never end', () => {
    expect(parseRequest(new Uint8Array(MAX_REQUEST + 1).fill(65))).toMatchObject({
      done: true,
      error: expect.stringContaining('longer'),
    });
  });

  it('are answered with a big-endian length before the text', () => {
    expect([...frameReply('ok')]).toEqual([0, 0, 0, 2, 111, 107]);
  });
});
