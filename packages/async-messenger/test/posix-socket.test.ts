import { Socket, connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { EntityAddr } from '@cephts/encoding';
import { OutputBuffer } from '../src/protocol/output-buffer.js';
import { PosixSocket } from '../src/net/posix-socket.js';
import { readingTo } from '../src/net/reading-to.js';

const turns = { enter: (): void => undefined, leave: (): void => undefined };

/** Accepts one connection, `prepare`d first, and echoes what it reads. @returns what came back, and whether all reads were to memory of ours */
async function echoOf(
  sent: Uint8Array,
  prepare: (socket: Socket) => void,
): Promise<{ back: Buffer; shared: boolean[]; closed: string }> {
  const shared = new Set<boolean>();
  let tellClosed: (reason: string) => void;
  const closed = new Promise<string>((resolve) => (tellClosed = resolve));
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    prepare(accepted);
    const socket = PosixSocket.accepted(accepted, turns);
    socket.owner = {
      onConnected: () => undefined,
      onData(bytes, length, borrowed) {
        shared.add(borrowed);
        socket.write([bytes.slice(0, length)]);
        return false;
      },
      onDrain: () => undefined,
      onClose: (reason) => tellClosed(reason),
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const chunks: Buffer[] = [];
  let come = 0;
  client.write(sent);
  await new Promise<void>((resolve) =>
    client.on('data', (chunk) => {
      chunks.push(chunk);
      come += chunk.length;
      if (come === sent.length) resolve();
    }),
  );
  client.end();
  const reason = await closed;
  // waits for all connections, those that moved to another socket included
  await new Promise((resolve) => server.close(resolve));
  return { back: Buffer.concat(chunks), shared: [...shared], closed: reason };
}

describe('a socket', () => {
  it('says whether the system took all, and loses nothing of what it did not', async () => {
    let target!: Socket;
    const server = createServer({ pauseOnConnect: true }, (accepted) => (target = accepted));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const socket = PosixSocket.connect(EntityAddr.of(EntityAddr.TYPE_MSGR2, '127.0.0.1', port), turns);
    await new Promise<void>((resolve) => {
      socket.owner = { onConnected: resolve, onData: () => false, onDrain: () => undefined, onClose: () => undefined };
    });
    expect(socket.write([Uint8Array.of(1, 2, 3)])).toBe(true);
    // nobody reads: buffers of the system fill up
    const output = new OutputBuffer();
    let total = 3;
    for (let i = 0, full = false; !full || i % 16 > 0; i++) {
      output.copy(new Uint8Array(60_000).fill(i));
      total += 60_000;
      if (socket.write(output.take())) output.sent();
      else full = true;
    }
    const chunks: Buffer[] = [];
    let come = 0;
    await new Promise<void>((resolve) =>
      target
        .on('data', (chunk) => {
          chunks.push(chunk);
          if ((come += chunk.length) === total) resolve();
        })
        .resume(),
    );
    const all = Buffer.concat(chunks).subarray(3);
    expect(Array.from({ length: all.length }, (_, i) => i).filter((i) => all[i] !== (Math.floor(i / 60_000) & 0xff))).toEqual([]);
    socket.destroy();
    target.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});

const sent = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 7) ^ (i >> 8));

describe('an accepted socket', () => {
  it('reads to memory that all share', async () => {
    const { back, shared, closed } = await echoOf(sent, () => undefined);
    expect(back.equals(sent)).toBe(true);
    expect(shared).toEqual([true]);
    expect(closed).toBe('peer closed the connection');
  });

  it("reads where the runtime does where the system's side of it cannot be told where to read to", async () => {
    const { back, shared, closed } = await echoOf(sent, (socket) => {
      const { _handle } = socket as unknown as { _handle: object };
      Object.defineProperty(_handle, 'useUserBuffer', { value: undefined });
    });
    expect(back.equals(sent)).toBe(true);
    expect(shared).toEqual([false]);
    expect(closed).toBe('peer closed the connection');
  });

  it("stays as it is where the system's side of it is not to be seen", () => {
    const socket = new Socket();
    expect(readingTo(socket, { buffer: new Uint8Array(16), callback: () => true })).toBe(socket);
  });
});
