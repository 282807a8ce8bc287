import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AuthEntityName,
  CEPH_FEATURE,
  CEPH_FEATURES_ALL,
  Decoder,
  Encoder,
  EntityAddr,
  EntityAddrVec,
  EntityInst,
  EntityName,
  hasFeature,
} from '../src/index.js';

function bytesOf(value: { encode(e: Encoder, features?: bigint): unknown }, features?: bigint): Uint8Array {
  const e = new Encoder(4);
  value.encode(e, features);
  return e.toBytes();
}

describe('EntityName', () => {
  it('is written as type and number', () => {
    expect([...bytesOf(EntityName.client(0x1101))]).toEqual([8, 1, 0x11, 0, 0, 0, 0, 0, 0]);
    expect(EntityName.decode(new Decoder(bytesOf(EntityName.mds(-1)))).toString()).toBe('mds.?');
  });

  it('is read from text, and nothing else is', () => {
    expect(EntityName.parse('osd.12')?.equals(EntityName.osd(12))).toBe(true);
    for (const text of ['osd', 'osd.', 'osd.x', 'what.1', '.1', 'osd.-1']) expect(EntityName.parse(text)).toBeUndefined();
  });

  it('is not the name somebody authenticates as', () => {
    const name = AuthEntityName.parse('client.admin');
    expect(name?.toString()).toBe('client.admin');
    expect(Buffer.from(bytesOf(name as AuthEntityName)).toString('hex')).toBe('08000000050000' + '0061646d696e');
  });
});

describe('EntityAddr', () => {
  it('reads and prints what Ceph prints', () => {
    for (const text of ['v2:127.0.0.1:6800/42', 'v1:10.1.2.3:0/0', 'v2:[::1]:3300/7', 'v2:[2001:db8::1:0:0:1]:6800/1', '-']) {
      expect(EntityAddr.parse(text)?.toString()).toBe(text);
    }
    expect(EntityAddr.parse('127.0.0.1:6789')?.toString()).toBe('v2:127.0.0.1:6789/0');
    expect(EntityAddr.parse('[::ffff:1.2.3.4]:5')?.ip).toBe('::ffff:102:304');
    expect(EntityAddr.parse('any:1.2.3.4:5/6')?.toString()).toBe('1.2.3.4:5/6');
  });

  it('reads nothing else', () => {
    for (const text of [
      '',
      'localhost',
      '1.2.3',
      '1.2.3.256',
      '1.2.3.4:70000',
      '[::1',
      'v3:1.2.3.4',
      '1.2.3.4/99999999999',
      ':::1',
    ]) {
      expect(EntityAddr.parse(text)).toBeUndefined();
    }
  });

  it('has the bytes of a sockaddr in a struct, as observed from a 16.2.15 daemon', () => {
    const addr = EntityAddr.of(EntityAddr.TYPE_ANY, '127.0.0.1', 0, 0x29fb590f);
    expect(Buffer.from(bytesOf(addr)).toString('hex')).toBe(
      '01' + '01011c000000' + '03000000' + '0f59fb29' + '10000000' + '0200' + '00007f000001' + '0000000000000000',
    );
  });

  it('goes to peers of old in 136 bytes, and comes back as a msgr1 address', () => {
    const addr = EntityAddr.of(EntityAddr.TYPE_LEGACY, '10.0.0.1', 6789, 5);
    const bytes = bytesOf(addr, CEPH_FEATURES_ALL & ~CEPH_FEATURE.MSG_ADDR2);
    expect(bytes.length).toBe(136);
    expect(EntityAddr.decode(new Decoder(bytes)).equals(addr)).toBe(true);
  });

  it('compares alike from both sides', () => {
    const addrs = fc
      .tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }), fc.nat({ max: 255 }))
      .map(([type, nonce, last]) => EntityAddr.of(type, `10.0.0.${last}`, 1, nonce));
    fc.assert(
      fc.property(addrs, addrs, (a, b) => {
        expect(Math.sign(a.compare(b)) + Math.sign(b.compare(a))).toBe(0);
        expect(a.compare(b) === 0).toBe(a.equals(b));
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('refuses a socket address longer than its family allows', () => {
    const bytes = bytesOf(EntityAddr.of(2, '10.0.0.1', 1));
    bytes[15] = 200;
    expect(() => EntityAddr.decode(new Decoder(bytes))).toThrow(/socket address of 200 bytes for family 2/);
  });
});

describe('EntityAddrVec', () => {
  const addrs = EntityAddrVec.parse('[v2:10.0.0.1:6800/1,v1:10.0.0.1:6801/1]') as EntityAddrVec;

  it('is a list, and one address without brackets', () => {
    expect(addrs.toString()).toBe('[v2:10.0.0.1:6800/1,v1:10.0.0.1:6801/1]');
    expect(EntityAddrVec.decode(new Decoder(bytesOf(addrs))).equals(addrs)).toBe(true);
    expect(EntityAddrVec.parse('v2:10.0.0.1:1/2')?.toString()).toBe('v2:10.0.0.1:1/2');
    expect(EntityAddrVec.parse('[::1]:5')?.length).toBe(1);
  });

  it('tells its msgr1 address to peers that know no other', () => {
    const d = new Decoder(bytesOf(addrs, 0n));
    expect(EntityAddrVec.decode(d).toString()).toBe('v1:10.0.0.1:6801/1');
    d.expectEnd();
  });

  it('finds an address by its kind', () => {
    expect(addrs.msgr2Addr().port).toBe(6800);
    expect(addrs.legacyAddr().port).toBe(6801);
    expect(addrs.contains(addrs.msgr2Addr())).toBe(true);
    expect(addrs.addrOfType(EntityAddr.TYPE_ANY)).toBe(EntityAddr.BLANK);
  });
});

it('EntityInst is a name at an address', () => {
  const inst = new EntityInst(EntityName.client(4), EntityAddr.of(2, '1.2.3.4', 0, 9));
  expect(EntityInst.decode(new Decoder(bytesOf(inst))).equals(inst)).toBe(true);
  expect(inst.toString()).toBe('client.4 v2:1.2.3.4:0/9');
});

it('a feature bit used anew counts only with the bits of its release', () => {
  expect(hasFeature(CEPH_FEATURES_ALL, CEPH_FEATURE.SERVER_NAUTILUS)).toBe(true);
  expect(hasFeature(1n << 2n, CEPH_FEATURE.SERVER_NAUTILUS)).toBe(false);
});
