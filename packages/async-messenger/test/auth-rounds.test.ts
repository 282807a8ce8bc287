import { expect, it } from '@jest/globals';
import { ERRNO } from '@cephts/common';
import { AUTH_METHOD, CON_MODE } from '../src/index.js';
import type { AuthClient, AuthServer, AuthVerdict } from '../src/index.js';
import { MNote } from './kit/messages.js';
import { virtualPair } from './kit/virtual-pair.js';

const MINUTE = 60_000;
const KEY = new Uint8Array(16).fill(3);
const SECRET = new Uint8Array(40).fill(5);

/** Both sides of a method of several rounds: who accepts says a number, who connects has to say the next one, until that is `last`. */
class Counting implements AuthClient, AuthServer {
  /** What either side was asked, in order. */
  readonly history: string[] = [];
  /** What each side says to a number. */
  answer: (n: number) => number = (n) => n + 1;
  judge: (n: number) => number = () => 0;
  readonly #last: number;

  constructor(last: number) {
    this.#last = last;
  }

  getAuthRequest(...[, meta]: Parameters<AuthClient['getAuthRequest']>) {
    this.history.push(`ask ${String(meta.state)}`);
    meta.state = 'asked';
    return { method: AUTH_METHOD.CEPHX, preferredModes: [CON_MODE.SECURE], payload: Uint8Array.of(1) };
  }

  handleAuthReplyMore(...[, meta, payload]: Parameters<AuthClient['handleAuthReplyMore']>): Uint8Array | number {
    const n = this.answer(payload[0]!);
    this.history.push(`client (${String(meta.state)}) got ${payload[0]}`);
    return n < 0 ? n : Uint8Array.of(n);
  }

  handleAuthDone(...[, meta, , conMode, payload]: Parameters<AuthClient['handleAuthDone']>): number {
    this.history.push(`done ${payload.join()} mode ${conMode}`);
    meta.sessionKey = KEY;
    meta.connectionSecret = SECRET;
    return 0;
  }

  handleAuthBadMethod(...[, , , result]: Parameters<AuthClient['handleAuthBadMethod']>): number {
    this.history.push(`refused ${result}`);
    return 0;
  }

  supportedMethods() {
    return { methods: [AUTH_METHOD.CEPHX], modes: [CON_MODE.SECURE] };
  }

  pickConMode(): number {
    return CON_MODE.SECURE;
  }

  handleAuthRequest(...[, meta, more, method, payload]: Parameters<AuthServer['handleAuthRequest']>): AuthVerdict {
    const n = payload[0]!;
    this.history.push(`server (${more ? 'more' : 'first'} ${method}, ${String(meta.state)}) got ${n}`);
    meta.state = n;
    const r = this.judge(n);
    if (r < 0) return r;
    if (n < this.#last) return { done: false, reply: Uint8Array.of(n + 1) };
    meta.sessionKey = KEY;
    meta.connectionSecret = SECRET;
    return { done: true, reply: Uint8Array.of(n + 1) };
  }
}

it.each([0, 1, 3])(
  'a method may take %i more rounds; all of them are signed, and what it kept of a socket goes with that',
  async (rounds) => {
    const auth = new Counting(1 + 2 * rounds);
    const { clock, net, client, con, end } = await virtualPair({ client: { authClient: auth }, server: { authServer: auth } });
    con.sendMessage(MNote.of(1));
    clock.advance(100);
    const expected = ['ask undefined', 'server (first 2, undefined) got 1'];
    for (let i = 0; i < rounds; i++) {
      const n = 1 + 2 * i;
      expected.push(`client (asked) got ${n + 1}`, `server (more 2, ${n}) got ${n + 2}`);
    }
    expected.push(`done ${2 + 2 * rounds} mode 2`);
    expect(auth.history).toEqual(expected);
    expect(client.recorder.values).toEqual([1]);
    net.cutAll();
    clock.advance(100);
    con.sendMessage(MNote.of(2));
    clock.advance(100);
    expect(auth.history).toEqual([...expected, ...expected]);
    expect(client.recorder.values).toEqual([1, 2]);
    await end();
  },
);

it('who connects may give up between two rounds: the reason is logged, and its tries back off', async () => {
  const auth = new Counting(9);
  auth.answer = (n) => (n < 4 ? n + 1 : -ERRNO.EACCES);
  const { clock, server, client, con, end } = await virtualPair({ client: { authClient: auth }, server: { authServer: auth } });
  con.sendMessage(MNote.of(1));
  clock.advance(MINUTE);
  expect(client.lines.join('\n')).toContain('fault: auth_client handle_auth_reply_more returned -13');
  const tries = auth.history.filter((line) => line.startsWith('ask')).length;
  expect([tries > 6, tries < 12]).toEqual([true, true]);
  expect([server.recorder.values, server.messenger.connectionCount, con.queued]).toEqual([[], 0, 1]);
  auth.answer = (n) => n + 1;
  clock.advance(MINUTE);
  expect(client.recorder.values).toEqual([1]);
  await end();
});

it('who accepts may refuse between two rounds; a new request takes a new socket then, as in Ceph', async () => {
  const auth = new Counting(9);
  auth.judge = (n) => (n < 5 ? 0 : -ERRNO.EPERM);
  const { clock, server, client, con, end } = await virtualPair({ client: { authClient: auth }, server: { authServer: auth } });
  con.sendMessage(MNote.of(1));
  clock.advance(100);
  expect(auth.history.slice(-2)).toEqual(['refused -1', 'ask asked']);
  expect(server.lines.join('\n')).toContain('fault: frame AUTH_REQUEST in state AUTH_ACCEPTING_MORE');
  expect(server.messenger.connectionCount).toBe(0);
  auth.judge = () => 0;
  clock.advance(MINUTE);
  expect(client.recorder.values).toEqual([1]);
  await end();
});
