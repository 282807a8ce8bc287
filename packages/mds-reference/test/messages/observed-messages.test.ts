import { describe, expect, it } from '@jest/globals';
import { CEPH_FEATURES_ALL, Decoder, Encoder, EntityName } from '@cephts/encoding';
import type { MMDSMap } from '@cephts/rados';
import { mdsStateName } from '@cephts/rados';
import type { MClientReply } from '../../src/messages/index.js';
import {
  MClientCaps,
  MClientRequest,
  MClientSession,
  OpencResponse,
  decodeReaddirPage,
  decodeReplyTrace,
  encodeDentryTrace,
  encodeReaddirPage,
  mdsMessageRegistry,
} from '../../src/messages/index.js';
import { CEPH_MDS_OP_READDIR, SnapRealmInfo, capString } from '../../src/types/index.js';
import { observedMessages } from './observed-messages.js';

const registry = mdsMessageRegistry();
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');

function decode(what: string) {
  const observed = observedMessages.find((one) => one.what === what);
  if (observed === undefined) throw new Error(`no message '${what}'`);
  const message = registry.create(observed.type);
  if (message === undefined) throw new Error(`no class of type ${observed.type}`);
  message.src = EntityName.client(4100);
  message.tid = observed.tid;
  message.middle = bytes(observed.middle);
  message.data = bytes(observed.data);
  const d = new Decoder(bytes(observed.front), observed.what);
  message.decodePayload(d, observed.version);
  d.expectEnd();
  return { observed, message };
}

function encode(write: (e: Encoder) => unknown): string {
  const e = new Encoder(16);
  write(e);
  return hex(e.view());
}

describe('messages of a real cluster', () => {
  for (const { what } of observedMessages) {
    it(`${what} decodes and encodes to the same bytes, versions included`, () => {
      const { observed, message } = decode(what);
      expect(encode((e) => message.encodePayload(e, CEPH_FEATURES_ALL))).toBe(observed.front);
      expect(hex(message.middle)).toBe(observed.middle);
      expect({ version: message.headVersion, compat: message.compatVersion }).toEqual({
        version: observed.version,
        compat: observed.compat,
      });
    });
  }

  it('a reply carries the trace of its entry and its target, which encode to the same bytes', () => {
    const reply = decode('client_reply create, unsafe with trace').message as MClientReply;
    const trace = decodeReplyTrace(reply);
    expect(trace.dentry?.dname).toBe('f');
    expect(trace.dentry?.dir.nfiles).toBe(1);
    expect(trace.target?.ino).toBe(0x10000000001);
    expect(capString(trace.target?.caps ?? 0)).toBe('pAsxLsXsxFsxcrwb');
    const again = encode((e) => {
      const { dentry, target } = trace;
      if (dentry !== undefined) encodeDentryTrace(e, dentry.dir, dentry.dirstat, dentry.dname, dentry.lease);
      target?.encode(e);
    });
    expect(again).toBe(hex(reply.trace));
    const created = OpencResponse.decode(new Decoder(reply.extra));
    expect(created.createdIno).toBe(0x10000000001);
    expect(encode((e) => created.encode(e))).toBe(hex(reply.extra));
    expect(SnapRealmInfo.decodeTrace(new Decoder(reply.snapbl)).length).toBeGreaterThan(0);
  });

  it('a folder page lists its entries and encodes to the same bytes', () => {
    const reply = decode('client_reply readdir').message as MClientReply;
    const page = decodeReaddirPage(reply.extra);
    expect(page.entries.map(({ dname }) => dname).sort()).toEqual(['f', 'g', 'l']);
    expect(encode((e) => encodeReaddirPage(e, page))).toBe(hex(reply.extra));
  });

  it('the map of an active rank encodes to the same bytes', () => {
    const message = decode('mdsmap with an active rank').message as MMDSMap;
    const map = message.map();
    expect(map.fsName).toBe('cephfs');
    expect(mdsStateName(map.getState(0))).toBe('up:active');
    expect(encode((e) => map.encode(e))).toBe(hex(message.encoded));
  });

  it('prints as Ceph prints', () => {
    expect(decode('client_request rename').message.print()).toMatch(
      /^client_request\(client\.4100:13 rename #0x10000000000\/h #0x10000000000\/g .* caller_uid=0, caller_gid=0\{\}\)$/,
    );
    expect(decode('client_reply lookup of nothing').message.print()).toBe('client_reply(???:16 = -2 ENOENT)');
    expect(decode('client_session renewcaps').message.print()).toBe('client_session(renewcaps seq 1)');
    expect(decode('client_cap_release').message.print()).toBe('client_cap_release(3)');
  });
});

describe('peers with fewer features', () => {
  const all = CEPH_FEATURES_ALL;

  it('a request without birth times has the old head, which loses only the birth time and counts above 255', () => {
    const request = decode('client_request create').message as MClientRequest;
    const e = new Encoder();
    request.encodePayload(e, all & ~(1n << 59n));
    const old = new MClientRequest();
    old.decodePayload(new Decoder(e.toBytes()), 3);
    expect(old.op).toBe(request.op);
    expect(old.path.toString()).toBe(request.path.toString());
    expect(old.args.open.mode).toBe(request.args.open.mode);
  });

  it('caps for a peer without EXPORT_PEER say version 2 and end after the file locks', () => {
    const caps = decode('client_caps grant').message as MClientCaps;
    const e = new Encoder();
    caps.encodePayload(e, all & ~(1n << 37n));
    expect(caps.headVersion).toBe(2);
    const old = new MClientCaps();
    const d = new Decoder(e.toBytes());
    old.decodePayload(d, 2);
    d.expectEnd();
    expect(capString(old.caps)).toBe(capString(caps.caps));
  });

  it('a session reply without metadata goes out in its oldest form', () => {
    expect(new MClientSession(5, 1).headVersion).toBe(1);
  });
});

it('a request whose releases exceed its bytes ends in an error that names it', () => {
  const { observed } = decode('client_request mkdir with a release');
  const front = bytes(observed.front);
  front.set([0xff, 0xff], 20);
  expect(() => new MClientRequest().decodePayload(new Decoder(front, 'client_request'), 5)).toThrow(/^client_request: /);
});

it('every readdir request asks for a fragment', () => {
  const request = decode('client_request readdir').message as MClientRequest;
  expect(request.op).toBe(CEPH_MDS_OP_READDIR);
  expect(request.args.readdir.frag).toBe(0);
});
