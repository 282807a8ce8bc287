// Types of the object corpus that OSD maps and operations are made of.
import type { Decoder, Encoder } from '@cephts/encoding';
import { CrushMap } from '../src/crush/crush-map.js';
import { GHObject, HObject } from '../src/osdmap/hobject.js';
import { decodeOsdMap, encodeOsdMap } from '../src/osdmap/osd-map-codec.js';
import { OsdMapIncremental } from '../src/osdmap/osd-map-incremental.js';
import { OsdInfo, OsdReqId, OsdXInfo, RequestRedirect, SnapContext, SnapSet } from '../src/osdmap/osd-types.js';
import { decodePoolSnapInfo, encodePoolSnapInfo, PgPool } from '../src/osdmap/pg-pool.js';
import { PgId, SpgId } from '../src/osdmap/pg.js';
import { PoolOpts } from '../src/osdmap/pool-opts.js';

interface CorpusCodec {
  decode(d: Decoder): unknown;
  encode(value: unknown, e: Encoder): void;
}

function codec<T>(decode: (d: Decoder) => T, encode: (value: T, e: Encoder) => unknown): CorpusCodec {
  return {
    decode,
    encode: (value, e) => {
      encode(value as T, e);
    },
  };
}

function codecOf<T extends { encode(e: Encoder): unknown }>(type: { decode(d: Decoder): T }): CorpusCodec {
  return codec(
    (d) => type.decode(d),
    (value, e) => value.encode(e),
  );
}

export const osdCodecs: ReadonlyMap<string, CorpusCodec> = new Map<string, CorpusCodec>([
  ['CrushWrapper', codecOf(CrushMap)],
  [
    'OSDMap',
    codec(
      (d) => decodeOsdMap(d.rest()),
      (map, e) => e.raw(encodeOsdMap(map)),
    ),
  ],
  [
    'OSDMap::Incremental',
    codec(
      (d) => OsdMapIncremental.decode(d.rest()),
      (inc, e) => e.raw(inc.encode()),
    ),
  ],
  ['SnapContext', codecOf(SnapContext)],
  ['SnapSet', codecOf(SnapSet)],
  ['ghobject_t', codecOf(GHObject)],
  ['hobject_t', codecOf(HObject)],
  ['osd_info_t', codecOf(OsdInfo)],
  ['osd_reqid_t', codecOf(OsdReqId)],
  ['osd_xinfo_t', codecOf(OsdXInfo)],
  ['pg_pool_t', codecOf(PgPool)],
  ['pg_t', codecOf(PgId)],
  ['pool_opts_t', codecOf(PoolOpts)],
  ['pool_snap_info_t', codec(decodePoolSnapInfo, (info, e) => encodePoolSnapInfo(e, info))],
  ['request_redirect_t', codecOf(RequestRedirect)],
  ['spg_t', codecOf(SpgId)],
]);
