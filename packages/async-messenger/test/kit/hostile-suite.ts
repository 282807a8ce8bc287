import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EntityAddr } from '@cephts/encoding';
import type { EntityAddrVec } from '@cephts/encoding';
import { Policy } from '@cephts/async-messenger';
import type { Messenger, MessengerInit } from '@cephts/async-messenger';
import { FrameWriter } from '../../src/protocol/frame-writer.js';
import { encodeBanner, encodeHello } from '../../src/protocol/control-frames.js';
import { Tag } from '../../src/protocol/tag.js';
import { crc32c } from '../../src/protocol/crc32c.js';
import { loggedContext, startClient, startServer } from './pair.js';
import { MNote } from './messages.js';

const HELLO = encodeHello({ entityType: 8, peerAddr: EntityAddr.parse('v2:127.0.0.1:1/0') as EntityAddr });
const BANNER = encodeBanner({ supported: 1n, required: 0n });

function frame(tag: number, payload: Uint8Array): Uint8Array {
  const writer = new FrameWriter();
  writer.rev1 = true;
  writer.control(tag, payload);
  return writer.take()[0]!.slice();
}

/** A preamble with a right crc for segments of these lengths. */
function preamble(tag: number, ...lengths: number[]): Uint8Array {
  const b = Buffer.alloc(32);
  b[0] = tag;
  b[1] = lengths.length;
  lengths.forEach((length, i) => b.writeUInt32LE(length, 2 + 6 * i));
  b.writeUInt32LE(crc32c(0, b, 0, 28), 28);
  return b;
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What becomes of peers that send garbage, claim too much, or keep silent, on a stack. */
export function hostileSuite(name: string, stack: NonNullable<MessengerInit['stack']>): void {
  describe(`a messenger ${name} with a hostile peer`, () => {
    const { cct, lines } = loggedContext({ ms_connection_ready_timeout: 1, ms_async_op_threads: 2 });
    let server: Messenger;
    let addrs: EntityAddrVec;
    const sockets: Socket[] = [];

    beforeEach(async () => {
      lines.length = 0;
      ({ messenger: server, addrs } = await startServer(cct, { stack, policy: Policy.statelessServer() }));
    });

    afterEach(async () => {
      for (const socket of sockets.splice(0)) socket.destroy();
      await server[Symbol.asyncDispose]();
    });

    function dial(...pieces: Uint8Array[]): { socket: Socket; closed: Promise<void> } {
      const socket = connect(addrs.front().port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.resume();
      for (const piece of pieces) socket.write(piece);
      return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
    }

    async function othersGoOn(): Promise<void> {
      const others = server.connectionCount;
      const { messenger, con, recorder } = startClient(cct, addrs, { stack, policy: Policy.lossyClient() });
      con.sendMessage(MNote.of(5));
      await recorder.count(1);
      expect(recorder.values).toEqual([5]);
      await messenger[Symbol.asyncDispose]();
      while (server.connectionCount > others) await soon();
    }

    const cases: [string, Uint8Array[], RegExp][] = [
      ['a garbage banner', [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')], /bad banner/],
      ['a msgr1 banner', [Buffer.from('ceph v027'), new Uint8Array(64)], /msgr V1/],
      ['a frame of 4 GiB', [BANNER, preamble(Tag.HELLO, 0xffff_ffff)], /control frame of 4294967295 bytes/],
      ['a message of 4 GiB', [BANNER, preamble(Tag.MESSAGE, 41, 0, 0, 0xffff_ffff)], /message of 4294967295 bytes/],
      ['a message before the handshake', [BANNER, preamble(Tag.MESSAGE, 41, 10)], /frame MESSAGE in state HELLO_ACCEPTING/],
      ['a wrong preamble crc', [BANNER, new Uint8Array(32).fill(1)], /bad preamble crc/],
      ['a wrong segment crc', [BANNER, frame(Tag.HELLO, HELLO).map((byte, i) => (i === 40 ? byte ^ 1 : byte))], /bad segment crc/],
      ['an unknown tag', [BANNER, preamble(99, 10)], /unknown tag=99/],
      ['a frame out of turn', [BANNER, frame(Tag.ACK, new Uint8Array(8))], /frame ACK in state HELLO_ACCEPTING/],
      ['a HELLO cut short', [BANNER, frame(Tag.HELLO, HELLO.subarray(0, 5))], /HELLO/],
    ];

    it.each(cases)('ends the connection of %s with a logged reason, and others go on', async (_what, pieces, reason) => {
      await dial(...pieces).closed;
      // a thread's socket has closed before the messenger hears of it
      while (!lines.some((line) => line.endsWith('.stop'))) await soon();
      expect(lines.join('\n')).toMatch(reason);
      expect(server.connectionCount).toBe(0);
      await othersGoOn();
    });

    it('ends a connection that stays silent after half a frame, after ms_connection_ready_timeout', async () => {
      const { closed } = dial(BANNER, frame(Tag.HELLO, HELLO).subarray(0, 20));
      await othersGoOn();
      await closed;
      expect(lines.join('\n')).toMatch(/no progress in 1 s during HELLO_ACCEPTING/);
      expect(server.connectionCount).toBe(0);
    });

    it('bounds what 1,000 silent connections take, and ends them', async () => {
      const before = process.memoryUsage().rss;
      const all = Array.from({ length: 1000 }, () => dial().closed);
      await othersGoOn();
      expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
      await Promise.all(all);
      expect(server.connectionCount).toBe(0);
      await othersGoOn();
    });
  });
}
