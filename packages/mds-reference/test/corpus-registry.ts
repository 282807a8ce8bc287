// Which codec reads which type of Ceph's object corpus. Rooms add their own types here.
import type { Decoder, Encoder } from '@cephts/encoding';
import {
  AuthEntityName,
  CompatSet,
  DirFrag,
  EntityAddr,
  EntityAddrVec,
  EntityInst,
  EntityName,
  EVersion,
  FeatureBitset,
  FileLayout,
  FragTree,
  RawObjectLocator,
  UTime,
  Uuid,
} from '@cephts/encoding';
import { RequestRelease, decodeSnapPayload, encodeSnapPayload } from '../src/messages/m-client-request.js';
import { MdsLoad } from '../src/messages/mds-load.js';
import { OpencResponse } from '../src/messages/reply-trace.js';
import {
  Anchor,
  CapReconnect,
  ClientMetadata,
  ClientWriteableRange,
  FilePath,
  Fnode,
  FragInfo,
  InlineData,
  Inode,
  InodeBackpointer,
  InodeBacktrace,
  InodeStore,
  MdsCacheObjectInfo,
  MdsTablePending,
  MetaReqId,
  NestInfo,
  OldInode,
  QuotaInfo,
  SessionInfo,
  SnapInfo,
  SnapLink,
  SnapRealmInfo,
  SnapRealmNode,
  StringSnap,
} from '../src/types/index.js';

export interface CorpusCodec {
  decode(d: Decoder): unknown;
  encode(value: unknown, e: Encoder): void;
}

interface Encodable {
  encode(e: Encoder, features?: bigint): unknown;
}

/** Codec of a class with `encode` and `static decode`. */
export function codecOf<T extends Encodable>(type: { decode(d: Decoder): T }): CorpusCodec {
  return {
    decode: (d) => type.decode(d),
    encode: (value, e) => {
      (value as T).encode(e);
    },
  };
}

/** Codec of two functions. */
export function codec<T>(decode: (d: Decoder) => T, encode: (value: T, e: Encoder) => unknown): CorpusCodec {
  return {
    decode,
    encode: (value, e) => {
      encode(value as T, e);
    },
  };
}

/** Keeps which of its two forms a layout came in, as its writer's features chose it. */
const fileLayoutCodec = codec(
  (d) => ({ legacy: d.peekU8() === 0, layout: FileLayout.decode(d) }),
  ({ legacy, layout }, e) => {
    layout.encode(e, legacy ? 0n : undefined);
  },
);

export const corpusCodecs: ReadonlyMap<string, CorpusCodec> = new Map<string, CorpusCodec>([
  // encoding
  ['CompatSet', codecOf(CompatSet)],
  ['EntityName', codecOf(AuthEntityName)],
  ['dirfrag_t', codecOf(DirFrag)],
  ['entity_addr_t', codecOf(EntityAddr)],
  ['entity_addrvec_t', codecOf(EntityAddrVec)],
  ['entity_inst_t', codecOf(EntityInst)],
  ['entity_name_t', codecOf(EntityName)],
  [
    'errorcode32_t',
    codec(
      (d) => d.s32(),
      (value, e) => e.s32(value),
    ),
  ],
  ['eversion_t', codecOf(EVersion)],
  ['feature_bitset_t', codecOf(FeatureBitset)],
  ['file_layout_t', fileLayoutCodec],
  [
    'frag_t',
    codec(
      (d) => d.u32(),
      (value, e) => e.u32(value),
    ),
  ],
  ['fragtree_t', codecOf(FragTree)],
  [
    'inodeno_t',
    codec(
      (d) => d.u64(),
      (value, e) => e.u64(value),
    ),
  ],
  ['object_locator_t', codecOf(RawObjectLocator)],
  [
    'object_t',
    codec(
      (d) => d.string(),
      (value, e) => e.string(value),
    ),
  ],
  ['utime_t', codecOf(UTime)],
  ['uuid_d', codecOf(Uuid)],
  // mds-reference/types
  ['Anchor', codecOf(Anchor)],
  ['InodeStore', codecOf(InodeStore)],
  [
    'InodeStoreBare',
    codec(
      (d) => InodeStore.decodeBare(d),
      (value, e) => {
        value.encodeBare(e);
      },
    ),
  ],
  ['MDSCacheObjectInfo', codecOf(MdsCacheObjectInfo)],
  ['SnapInfo', codecOf(SnapInfo)],
  ['SnapRealmInfo', codecOf(SnapRealmInfo)],
  ['cap_reconnect_t', codecOf(CapReconnect)],
  ['client_metadata_t', codecOf(ClientMetadata)],
  ['client_writeable_range_t', codecOf(ClientWriteableRange)],
  ['filepath', codecOf(FilePath)],
  ['fnode_t', codecOf(Fnode)],
  ['frag_info_t', codecOf(FragInfo)],
  ['inline_data_t', codecOf(InlineData)],
  ['inode_backpointer_t', codecOf(InodeBackpointer)],
  ['inode_backtrace_t', codecOf(InodeBacktrace)],
  ['inode_t<std::allocator>', codecOf(Inode)],
  ['mds_table_pending_t', codecOf(MdsTablePending)],
  ['metareqid_t', codecOf(MetaReqId)],
  ['nest_info_t', codecOf(NestInfo)],
  ['old_inode_t<std::allocator>', codecOf(OldInode)],
  ['quota_info_t', codecOf(QuotaInfo)],
  ['session_info_t', codecOf(SessionInfo)],
  ['snaplink_t', codecOf(SnapLink)],
  ['sr_t', codecOf(SnapRealmNode)],
  ['string_snap_t', codecOf(StringSnap)],
  // mds-reference/messages
  ['MClientRequest::Release', codecOf(RequestRelease)],
  [
    'SnapPayload',
    codec(
      (d) => decodeSnapPayload(d),
      (value, e) => {
        encodeSnapPayload(e, value);
      },
    ),
  ],
  ['mds_load_t', codecOf(MdsLoad)],
  ['openc_response_t', codecOf(OpencResponse)],
]);
