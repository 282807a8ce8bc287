import { describe, expect, it } from '@jest/globals';
import { SimulatedNetwork } from '@cephts/async-messenger';
import { realClock, seededRandom } from '@cephts/common';
import { EntityAddrVec } from '@cephts/encoding';
import { MNote } from './kit/messages.js';
import { loggedContext, startClient, startServer } from './kit/pair.js';
import { SharedSecret } from './kit/shared-secret.js';
import { stackSuite } from './kit/stack-suite.js';
import type { StackUnderTest } from './kit/stack-suite.js';

/** The simulated network, in real time here. */
function simulated(): StackUnderTest {
  const network = new SimulatedNetwork(realClock, seededRandom(1));
  return {
    server: { stack: network.stack('10.0.0.1'), bind: EntityAddrVec.parse('v2:10.0.0.1:0/0')! },
    client: { stack: network.stack('10.0.0.2') },
  };
}

const stacks: Record<string, () => StackUnderTest> = {
  inline: () => ({ server: { stack: 'posix' }, client: { stack: 'posix' } }),
  'in threads': () => ({ server: { stack: 'workers' }, client: { stack: 'workers' } }),
  simulated,
};

for (const [name, make] of Object.entries(stacks)) {
  stackSuite(`${name}, crc`, make);
  stackSuite(`${name}, secure`, () => {
    const { server, client } = make();
    const auth = new SharedSecret();
    return { server: { ...server, authServer: auth }, client: { ...client, authClient: auth } };
  });
}

describe('msgr-worker threads', () => {
  const start = async () => {
    const { cct } = loggedContext({ ms_async_op_threads: 2 });
    const server = await startServer(cct, { stack: 'workers' });
    return { cct, server, client: startClient(cct, server.addrs, { stack: 'workers' }) };
  };

  it('are listed by name, and gone after the last messenger', async () => {
    const { cct, server, client } = await start();
    const names = (): string[] => cct.threads.list().map(({ name }) => name);
    expect(names()).toEqual(expect.arrayContaining(['msgr-worker-0', 'msgr-worker-1']));
    await client.messenger[Symbol.asyncDispose]();
    await server.messenger[Symbol.asyncDispose]();
    expect(names().filter((name) => name.startsWith('msgr-worker'))).toEqual([]);
  });

  it('that die fault their connections, which go on elsewhere and lose nothing', async () => {
    const { server, client } = await start();
    const { threads } = client.messenger.stack as unknown as { threads: { kill(): void }[] };
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 50; i++) client.con.sendMessage(MNote.of(round * 50 + i, new Uint8Array(5000)));
      threads[round % 2]!.kill();
      await client.recorder.count((round + 1) * 50);
    }
    expect(client.recorder.values).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(server.recorder.events.filter((event) => event === 'accept').length).toBeGreaterThan(1);
    await client.messenger[Symbol.asyncDispose]();
    await server.messenger[Symbol.asyncDispose]();
  }, 60_000);
});
