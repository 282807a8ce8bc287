// Bytes that real Ceph daemons wrote: ceph-object-corpus, where it lies beside the checkout (../shared/ceph-object-corpus).
import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Decoder, Encoder } from '@cephts/encoding';
import { journalCodecs } from '../../packages/mds-reference/test/corpus-registry-journal.js';
import { corpusCodecs } from '../../packages/mds-reference/test/corpus-registry.js';
import { monCodecs } from '../../packages/rados/test/corpus-registry-mon.js';
import { osdCodecs } from '../../packages/rados/test/corpus-registry-osd.js';

const codecs = new Map([...corpusCodecs, ...journalCodecs, ...monCodecs, ...osdCodecs]);

const corpus = fileURLToPath(new URL('../../../shared/ceph-object-corpus', import.meta.url));
const versions = existsSync(corpus) ? readdirSync(corpus).filter((name) => /^\d+\./.test(name)) : [];

/** Releases whose bytes must come back; newer ones carry fields that are skipped. */
const sameBytes = (version: string): boolean => version.startsWith('16.');

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('ceph-object-corpus', () => {
  if (versions.length === 0) {
    it(`is not at ${corpus}: nothing to compare with`, () => {
      expect(versions).toEqual([]);
    });
  }
  for (const version of versions) {
    describe(version, () => {
      const objects = join(corpus, version, 'objects');
      for (const [type, codec] of codecs) {
        if (!existsSync(join(objects, type))) continue;
        const files = readdirSync(join(objects, type));
        const what = sameBytes(version) ? 'decodes and encodes to the same bytes' : 'decodes';
        it(`${type} (${files.length}) ${what}`, () => {
          for (const file of files) {
            const bytes = readFileSync(join(objects, type, file));
            const d = new Decoder(bytes, type);
            const value = codec.decode(d);
            d.expectEnd();
            const e = new Encoder();
            codec.encode(value, e);
            if (sameBytes(version)) expect(hex(e.view())).toBe(hex(bytes));
          }
        });
      }
    });
  }
});
