import { beforeEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { CephContext, VirtualClock, seededRandom } from '@cephts/common';
import {
  AuthEntityName,
  CEPH_ENTITY_TYPE_MDS,
  CEPH_ENTITY_TYPE_MGR,
  CEPH_ENTITY_TYPE_MON,
  CEPH_ENTITY_TYPE_OSD,
} from '@cephts/encoding';
import { CephxClientHandler } from '../../src/auth/cephx-client.js';
import { CryptoKey } from '../../src/auth/crypto-key.js';
import { seal, unseal } from '../../src/auth/encrypted.js';
import { RotatingKeyRing } from '../../src/auth/rotating-keyring.js';
import { verifyAuthorizer } from '../../src/auth/verify-authorizer.js';
import { Keyring } from '../../src/conf/keyring.js';
import { MonSide } from './mon-side.js';

const NAME = new AuthEntityName(CEPH_ENTITY_TYPE_MDS, 'a');
const ALL = CEPH_ENTITY_TYPE_MON | CEPH_ENTITY_TYPE_OSD | CEPH_ENTITY_TYPE_MDS | CEPH_ENTITY_TYPE_MGR;
const EAGAIN = -11;

/** `ceph-authtool --gen-key`, once. */
const KEYRING_KEY = 'AQBilgdrGTw7IRAAKk5KvNbY47sFGuzyu6GsLw==';

describe('a CryptoKey', () => {
  it('reads and writes the form of keyrings', () => {
    expect(CryptoKey.parse(KEYRING_KEY).toBase64()).toBe(KEYRING_KEY);
    expect(CryptoKey.parse(` ${KEYRING_KEY}\n`).equals(CryptoKey.parse(KEYRING_KEY))).toBe(true);
  });

  it('encrypts as Ceph does: AES-128-CBC with its fixed IV', () => {
    // printf hello | openssl enc -aes-128-cbc -K 2a4e4abcd6d8e3bb051aecf2bba1ac2f -iv $(printf cephsageyudagreg | xxd -p)
    const sealed = CryptoKey.parse(KEYRING_KEY).encrypt(new TextEncoder().encode('hello'));
    expect(Buffer.from(sealed).toString('hex')).toBe('a529247d38934e826081cced63daf73a');
    expect(new TextDecoder().decode(CryptoKey.parse(KEYRING_KEY).decrypt(sealed))).toBe('hello');
  });

  it('shows its secret nowhere', () => {
    const key = CryptoKey.parse(KEYRING_KEY);
    const shown = [String(key), JSON.stringify({ key }), inspect(key, { depth: 9, showHidden: true }), inspect({ key })].join();
    expect(shown).not.toContain('KbOt');
    expect(shown).not.toContain(KEYRING_KEY.slice(20, 40));
    expect(shown).not.toContain(String(key.secret[0]) + ', ' + String(key.secret[1]));
  });

  it('refuses text that is none, without repeating it', () => {
    for (const text of ['', 'nonsense!', KEYRING_KEY.slice(0, 20), `${KEYRING_KEY}AAAA`]) {
      let message = '';
      try {
        CryptoKey.parse(text);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message).toMatch(/^a key is/);
      if (text !== '') expect(message).not.toContain(text);
    }
  });
});

describe('cephx', () => {
  let clock: VirtualClock;
  let cct: CephContext;
  let key: CryptoKey;
  let mon: MonSide;
  let rotating: RotatingKeyRing;
  let client: CephxClientHandler;

  const keyring = (): Keyring => {
    const ring = new Keyring();
    ring.add(NAME, key);
    return ring;
  };

  beforeEach(() => {
    clock = new VirtualClock();
    cct = new CephContext({ clock, random: seededRandom(7) });
    key = CryptoKey.generate();
    mon = new MonSide({ name: NAME, key, ttl: 60, now: () => clock.now() });
    rotating = new RotatingKeyRing(CEPH_ENTITY_TYPE_MDS);
    client = new CephxClientHandler(cct, { name: NAME, keys: keyring(), want: ALL, rotating });
    client.setGlobalId(mon.globalId);
  });

  const authenticate = (handler = client): ReturnType<CephxClientHandler['handleResponse']> => {
    expect(handler.handleResponse(0, mon.hello()).r).toBe(EAGAIN);
    return handler.handleResponse(0, mon.answer(handler.buildRequest()));
  };

  it('gets the session key, the connection secret and all tickets in one exchange', () => {
    const { r, sessionKey, connectionSecret } = authenticate();
    expect(r).toBe(0);
    expect(sessionKey).toEqual(mon.sessionKey.secret);
    expect(connectionSecret).toHaveLength(64);
    expect(client.needTickets()).toBe(false);
    for (const service of [CEPH_ENTITY_TYPE_MON, CEPH_ENTITY_TYPE_OSD, CEPH_ENTITY_TYPE_MDS, CEPH_ENTITY_TYPE_MGR]) {
      expect(client.buildAuthorizer(service)).toBeDefined();
    }
  });

  it('is refused with another key, and refuses a monitor that has another', () => {
    mon = new MonSide({ name: NAME, key: CryptoKey.generate() });
    expect(client.handleResponse(0, mon.hello()).r).toBe(EAGAIN);
    expect(() => mon.answer(client.buildRequest())).toThrow('EACCES');
    const impostor = new MonSide({ name: NAME, key });
    const other = new CephxClientHandler(cct, { name: NAME, keys: keyring(), want: ALL, rotating });
    other.handleResponse(0, impostor.hello());
    const answer = impostor.answer(other.buildRequest());
    answer[40] = (answer[40] as number) ^ 1;
    expect(other.handleResponse(0, answer).r).toBe(-13);
  });

  it('renews its tickets when three quarters of their time are over, and proves its id by the old one', () => {
    authenticate();
    expect(mon.oldTicket.blob).toHaveLength(0);
    clock.advance(44_000);
    expect(client.needTickets()).toBe(false);
    clock.advance(1500);
    expect(client.needTickets()).toBe(true);
    expect(client.handleResponse(0, mon.answer(client.buildRequest())).r).toBe(0);
    expect(mon.oldTicket.blob.length).toBeGreaterThan(0);
    expect(client.needTickets()).toBe(false);
  });

  it('comes back on another connection with the old ticket, and the old connection’s handler stays as it was', () => {
    authenticate();
    const again = client.clone();
    again.reset();
    expect(authenticate(again).r).toBe(0);
    expect(mon.oldTicket.blob.length).toBeGreaterThan(0);
    expect(client.needTickets()).toBe(false);
  });

  it('a ticket past its end builds no authorizer that counts, and a step of the wall clock ends none', () => {
    authenticate();
    clock.advance(61_000);
    expect(client.needTickets()).toBe(true);
  });

  it('a service lets in by challenge, and both ends have the same secret', () => {
    authenticate();
    client.handleResponse(0, mon.answer(client.buildRotatingRequest()));
    expect(rotating.isEmpty).toBe(false);
    const authorizer = client.buildAuthorizer(CEPH_ENTITY_TYPE_MDS)!;
    const init = { keys: rotating, connectionSecretLength: 64, graceMs: 0 };
    const first = verifyAuthorizer(cct, { ...init, authorizer: authorizer.build(), challenge: undefined });
    if (!('challenge' in first)) throw new Error('expected a challenge');
    const second = authorizer.answerChallenge(first.reply);
    const verdict = verifyAuthorizer(cct, { ...init, authorizer: second, challenge: first.challenge });
    if (!('accepted' in verdict)) throw new Error('expected to be let in');
    expect(String(verdict.accepted.ticket.name)).toBe('mds.a');
    expect(verdict.accepted.ticket.caps.text).toBe('allow *');
    expect(authorizer.verifyReply(verdict.reply)).toEqual(verdict.connectionSecret);
    expect(authorizer.verifyReply(verdict.reply.map((byte, i) => (i === 9 ? byte ^ 1 : byte)))).toBeUndefined();
    // the same words at another time, with another challenge
    expect(verifyAuthorizer(cct, { ...init, authorizer: second, challenge: first.challenge + 1n })).toHaveProperty('refused');
    // and when the ticket is over
    clock.advance(61_000);
    expect(verifyAuthorizer(cct, { ...init, authorizer: second, challenge: first.challenge })).toMatchObject({
      refused: expect.stringMatching(/expired/),
    });
  });

  it('a service refuses whatever byte of an authorizer is changed, and throws for none', () => {
    authenticate();
    client.handleResponse(0, mon.answer(client.buildRotatingRequest()));
    const authorizer = client.buildAuthorizer(CEPH_ENTITY_TYPE_MDS)!;
    const init = { keys: rotating, connectionSecretLength: 0, graceMs: 0 };
    const first = verifyAuthorizer(cct, { ...init, authorizer: authorizer.build(), challenge: undefined });
    if (!('challenge' in first)) throw new Error('expected a challenge');
    const said = authorizer.answerChallenge(first.reply);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: said.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = said.map((byte, i) => (i === at ? byte ^ bits : byte));
        const verdict = verifyAuthorizer(cct, { ...init, authorizer: changed, challenge: first.challenge });
        // CBC lets a change of the padding's block through where nothing is read of it; never as somebody else
        if ('accepted' in verdict) expect(String(verdict.accepted.ticket.name)).toBe('mds.a');
      }),
      { numRuns: 300, seed: 1 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(verifyAuthorizer(cct, { ...init, authorizer: noise, challenge: 1n })).toHaveProperty('refused');
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('a client makes an error of noise, and never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 4 }), (answers) => {
        const handler = new CephxClientHandler(cct, { name: NAME, keys: keyring(), want: ALL, rotating });
        for (const answer of answers) expect(handler.handleResponse(0, answer).r).toBeLessThanOrEqual(0);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it('says how far the clocks differ', () => {
    mon = new MonSide({ name: NAME, key, now: () => clock.now() - 90_000 });
    authenticate();
    expect(client.clockSkewMs).toBeCloseTo(90_000, -2);
  });

  it('what is sealed with one key opens with no other', () => {
    const sealed = seal(key, (e) => e.string('text'));
    expect(unseal(key, sealed, 'text', (d) => d.string())).toBe('text');
    expect(() => unseal(CryptoKey.generate(), sealed, 'text', (d) => d.string())).toThrow(/another key/);
  });
});
