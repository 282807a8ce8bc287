import { Socket, connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
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
