import { describe, expect, it } from '@jest/globals';
import { ERRNO } from '@cephts/common';
import { AuthEntityName } from '@cephts/encoding';
import { AUTH_METHOD, AuthNone, CON_MODE, Policy } from '../src/index.js';
import type { AuthClient, AuthServer } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

const MINUTE = 60_000;
const none = (): AuthNone => new AuthNone({ name: () => AuthEntityName.parse('client.x')!, globalId: () => 1 });
const NO_SUCH = { method: AUTH_METHOD.GSS, preferredModes: [CON_MODE.SECURE, CON_MODE.CRC], payload: new Uint8Array(0) };

/** What an acceptor said when it did not let a connector in. */
interface Refusal {
  method: number;
  result: number;
  methods: readonly number[];
  modes: readonly number[];
}

/** A connector that tries GSS; what it then does is up to `decide`, which falls back to method none by 0. */
function tryingGss(decide: () => number): { authClient: AuthClient; refusals: Refusal[] } {
  const refusals: Refusal[] = [];
  let fallsBack = false;
  const client = none();
  const fallback = client.getAuthRequest.bind(client);
  const authClient: AuthClient = Object.assign(client, {
    getAuthRequest: (...[con]: Parameters<AuthNone['getAuthRequest']>) => (fallsBack ? fallback(con) : NO_SUCH),
    handleAuthBadMethod: (...[, , method, result, methods, modes]: Parameters<AuthClient['handleAuthBadMethod']>) => {
      refusals.push({ method, result, methods, modes });
      const r = decide();
      fallsBack = r === 0;
      return r;
    },
  });
  return { authClient, refusals };
}

describe('a connector whose method the acceptor does not have', () => {
  const refusal: Refusal = {
    method: AUTH_METHOD.GSS,
    result: -ERRNO.EOPNOTSUPP,
    methods: [AUTH_METHOD.NONE],
    modes: [CON_MODE.CRC],
  };

  it('is told which there are, and may be let in by one of them on the same socket', async () => {
    const { authClient, refusals } = tryingGss(() => 0);
    const { clock, net, server, client, con, end } = await virtualPair({ client: { authClient } });
    con.sendMessage(MNote.of(1));
    clock.advance(100);
    expect(refusals).toEqual([refusal]);
    expect(client.recorder.values).toEqual([1]);
    expect(server.recorder.con!.peerAuthName).toBe('client.x');
    expect([client.recorder.events, server.recorder.events, net.openSockets]).toEqual([['connect'], ['accept'], 2]);
    await end();
  });

  it.each([
    ['lossless', Policy.losslessClient()],
    ['lossy', Policy.lossyClient()],
  ])('and has no other one, is not let in: the reason is logged, and its tries back off (%s)', async (_name, policy) => {
    const { authClient, refusals } = tryingGss(() => -ERRNO.EACCES);
    const { clock, server, client, con, end } = await virtualPair({ client: { authClient, policy } });
    con.sendMessage(MNote.of(1));
    clock.advance(MINUTE);
    expect(refusals[0]).toEqual(refusal);
    // at once, after 0.2 s, 0.4 s, … and from then on after 15 s
    expect(refusals.length).toBeGreaterThan(6);
    expect(refusals.length).toBeLessThan(12);
    expect(client.lines.join('\n')).toContain('fault: auth method 4 was refused with -95');
    expect(server.lines.join('\n')).toContain('auth_method 4 r -95, allowed_methods 1, allowed_modes 1');
    expect([server.recorder.values, server.messenger.connectionCount, con.queued]).toEqual([[], 0, 1]);
    await end();
  });
});

it('a connector that has nothing to ask to be let in with is closed for good, and its dispatchers are told', async () => {
  const authClient = Object.assign(none(), { getAuthRequest: () => -ERRNO.ENOENT });
  const { clock, net, client, con, end } = await virtualPair({ client: { authClient } });
  con.sendMessage(MNote.of(1));
  clock.advance(MINUTE);
  expect(client.recorder.events).toEqual(['reset']);
  expect([client.messenger.connectionCount, con.queued, net.openSockets]).toEqual([0, 0, 0]);
  expect(client.lines.join('\n')).toContain('get_initial_auth_request returned -2');
  await end();
});

describe('an acceptor', () => {
  /** Method none, by an acceptor that first gives that verdict so many times. */
  function refusing(verdict: number, times: number): AuthServer {
    const server = none();
    const judge = server.handleAuthRequest.bind(server);
    return Object.assign(server, {
      handleAuthRequest: (...args: Parameters<AuthServer['handleAuthRequest']>) => (times-- > 0 ? verdict : judge(...args)),
    });
  }

  it('says why it does not let somebody in whose method it has, who may ask again', async () => {
    const refusals: number[] = [];
    const authClient: AuthClient = Object.assign(none(), {
      handleAuthBadMethod: (...[, , method, result]: Parameters<AuthClient['handleAuthBadMethod']>) => {
        refusals.push(method, result);
        return 0;
      },
    });
    const authServer = refusing(-ERRNO.EPERM, 2);
    const { clock, client, con, end } = await virtualPair({ client: { authClient }, server: { authServer } });
    con.sendMessage(MNote.of(1));
    clock.advance(100);
    expect(refusals).toEqual([AUTH_METHOD.NONE, -ERRNO.EPERM, AUTH_METHOD.NONE, -ERRNO.EPERM]);
    expect(client.recorder.values).toEqual([1]);
    await end();
  });

  it('that cannot say now closes the socket without an answer, and lets in who comes back', async () => {
    const authClient = Object.assign(none(), {
      handleAuthBadMethod: () => {
        throw new Error('not to be asked');
      },
    });
    const { clock, server, client, con, end } = await virtualPair({
      client: { authClient },
      server: { authServer: refusing(-ERRNO.EBUSY, 2) },
    });
    con.sendMessage(MNote.of(1));
    clock.advance(100);
    expect([server.recorder.values, server.messenger.connectionCount]).toEqual([[], 0]);
    clock.advance(MINUTE);
    expect(client.recorder.values).toEqual([1]);
    expect(server.lines.filter((line) => line.includes('cannot authenticate it now'))).toHaveLength(2);
    expect(client.lines.join('\n')).not.toContain('not to be asked');
    await end();
  });
});
