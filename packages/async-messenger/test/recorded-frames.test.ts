import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as frames from '../src/protocol/control-frames.js';
import { FrameReader } from '../src/protocol/frame-reader.js';
import type { FrameSink } from '../src/protocol/frame-reader.js';
import { FrameWriter } from '../src/protocol/frame-writer.js';
import type { MessageHeader } from '../src/protocol/message-header.js';
import { Tag, tagName } from '../src/protocol/tag.js';

function recording<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}

const { connections } = recording<{ connections: { connector: string; acceptor: string }[] }>('mon-stat');
const daemons = recording<{ streams: string[] }>('daemons');

/** Decodes the payload of a control frame and encodes it again. */
const again: Partial<Record<Tag, (payload: Uint8Array) => Uint8Array>> = {
  [Tag.HELLO]: (p) => frames.encodeHello(frames.decodeHello(p)),
  [Tag.AUTH_REQUEST]: (p) => frames.encodeAuthRequest(frames.decodeAuthRequest(p)),
  [Tag.AUTH_BAD_METHOD]: (p) => frames.encodeAuthBadMethod(frames.decodeAuthBadMethod(p)),
  [Tag.SESSION_RECONNECT]: (p) => frames.encodeReconnect(frames.decodeReconnect(p)),
  [Tag.SESSION_RECONNECT_OK]: (p) => frames.encodeSeq(frames.decodeSeq(p, 'SESSION_RECONNECT_OK')),
  [Tag.AUTH_DONE]: (p) => frames.encodeAuthDone(frames.decodeAuthDone(p)),
  [Tag.AUTH_SIGNATURE]: (p) => frames.decodeSignature(p),
  [Tag.CLIENT_IDENT]: (p) => frames.encodeClientIdent(frames.decodeClientIdent(p)),
  [Tag.SERVER_IDENT]: (p) => frames.encodeServerIdent(frames.decodeServerIdent(p)),
  [Tag.KEEPALIVE2]: (p) => frames.encodeStamp(frames.decodeStamp(p)),
  [Tag.KEEPALIVE2_ACK]: (p) => frames.encodeStamp(frames.decodeStamp(p)),
  [Tag.ACK]: (p) => frames.encodeSeq(frames.decodeSeq(p, 'ACK')),
};

/** Reads a stream, in chunks of `step` bytes, and writes what was read again. */
function rewrite(stream: Uint8Array, step: number): { bytes: Buffer; tags: string[]; headers: MessageHeader[] } {
  const out: Uint8Array[] = [];
  const tags: string[] = [];
  const headers: MessageHeader[] = [];
  const writer = new FrameWriter();
  writer.rev1 = true;
  const sink: FrameSink = {
    onBanner(payload) {
      out.push(frames.encodeBanner(frames.decodeBanner(payload)));
      reader.rev1 = true;
      reader.stream();
    },
    onFrame(tag, payload) {
      tags.push(tagName(tag));
      writer.control(tag, again[tag]!(payload));
      out.push(...writer.take().map((piece) => piece.slice()));
    },
    admit: () => true,
    onMessage(parts) {
      const header = { ...parts.header };
      tags.push(tagName(Tag.MESSAGE));
      headers.push(header);
      writer.message(header, parts.front, parts.middle, parts.data);
      out.push(...writer.take().map((piece) => piece.slice()));
    },
    onAborted: () => undefined,
  };
  const reader = new FrameReader(sink, 1024 * 1024);
  for (let at = 0; at < stream.length; at += step) reader.push(stream.slice(at, at + step));
  return { bytes: Buffer.concat(out), tags, headers };
}

const streams = connections.flatMap(({ connector, acceptor }, i) => [
  [`connector ${i}`, connector] as const,
  [`acceptor ${i}`, acceptor] as const,
]);

describe('frames recorded from Ceph 16.2.15', () => {
  it.each(streams)('decode and encode again to the same bytes: mon stat, %s', (_who, base64) => {
    const stream = Buffer.from(base64, 'base64');
    for (const step of [1, 7, 1000, stream.length]) {
      const { bytes, tags, headers } = rewrite(stream, step);
      expect(bytes.equals(stream)).toBe(true);
      expect(tags).toEqual(expect.arrayContaining(['HELLO', 'AUTH_SIGNATURE', 'MESSAGE']));
      for (const { flags, compatVersion } of headers) expect({ flags, old: compatVersion >= 0 }).toEqual({ flags: 3, old: true });
    }
  });

  it('decode and encode again to the same bytes: every kind that daemons and clients exchange', () => {
    const kinds = new Set<string>();
    const types = new Set<number>();
    for (const base64 of daemons.streams) {
      const stream = Buffer.from(base64, 'base64');
      for (const step of [1, 13, 1000, stream.length]) {
        const { bytes, tags, headers } = rewrite(stream, step);
        expect(bytes.equals(stream)).toBe(true);
        for (const tag of tags) kinds.add(tag);
        for (const { type } of headers) types.add(type);
      }
    }
    expect([...kinds].sort()).toEqual([
      'ACK',
      'AUTH_BAD_METHOD',
      'AUTH_DONE',
      'AUTH_REQUEST',
      'AUTH_SIGNATURE',
      'CLIENT_IDENT',
      'HELLO',
      'KEEPALIVE2',
      'KEEPALIVE2_ACK',
      'MESSAGE',
      'SERVER_IDENT',
      'SESSION_RECONNECT',
      'SESSION_RECONNECT_OK',
    ]);
    expect(types.size).toBeGreaterThan(25);
  });
});
