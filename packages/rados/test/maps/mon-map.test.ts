import { describe, expect, it } from '@jest/globals';
import { Decoder, Encoder, EntityAddrVec, Uuid } from '@cephts/encoding';
import { MonMap } from '../../src/index.js';

describe('MonMap', () => {
  it('is decoded as it was encoded', () => {
    const map = new MonMap();
    map.epoch = 1;
    map.fsid = Uuid.fromRandom(new Uint8Array(16).fill(7));
    map.addMon('a', EntityAddrVec.parse('v2:127.0.0.1:3300/0') as EntityAddrVec);
    const e = new Encoder(64);
    map.encode(e);
    expect(MonMap.decode(new Decoder(e.toBytes(), 'MonMap'))).toEqual(map);
  });
});
