export { AuthEntityName } from './auth-entity-name.js';
export {
  decodeS32Set,
  decodeTextMap,
  decodeU64Set,
  decodeXattrs,
  encodeS32Set,
  encodeTextMap,
  encodeU64Set,
  encodeXattrs,
  sortedEntries,
  sortedNumbers,
  sortedSnaps,
  sortedTexts,
} from './collections.js';
export type { XattrMap } from './collections.js';
export { CompatSet, FeatureSet } from './compat-set.js';
export { DecodeError } from './decode-error.js';
export { Decoder } from './decoder.js';
export type { DecodeFrame } from './decoder.js';
export { DirFrag } from './dir-frag.js';
export { Encoder } from './encoder.js';
export type { EncodeMark } from './encoder.js';
export { EntityAddr } from './entity-addr.js';
export type { SocketAddress } from './entity-addr.js';
export { EntityAddrVec } from './entity-addr-vec.js';
export { EntityInst } from './entity-inst.js';
export {
  CEPH_ENTITY_TYPE_ANY,
  CEPH_ENTITY_TYPE_AUTH,
  CEPH_ENTITY_TYPE_CLIENT,
  CEPH_ENTITY_TYPE_MDS,
  CEPH_ENTITY_TYPE_MGR,
  CEPH_ENTITY_TYPE_MON,
  CEPH_ENTITY_TYPE_OSD,
  EntityName,
  entityTypeByName,
  entityTypeName,
} from './entity-name.js';
export { EVersion } from './eversion.js';
export { FeatureBitset } from './feature-bitset.js';
export { CEPH_FEATURE, CEPH_FEATURES_ALL, hasFeature } from './features.js';
export { FileLayout } from './file-layout.js';
export {
  FRAG_ROOT,
  fragBits,
  fragChild,
  fragCompare,
  fragContains,
  fragContainsValue,
  fragIsLeftmost,
  fragIsRightmost,
  fragIsRoot,
  fragLeftChild,
  fragMake,
  fragMask,
  fragNext,
  fragParent,
  fragParse,
  fragRightChild,
  fragSibling,
  fragSplit,
  fragToString,
  fragValue,
} from './frag.js';
export type { Frag } from './frag.js';
export { FragTree } from './frag-tree.js';
export { IntervalSet } from './interval-set.js';
export { RawObjectLocator } from './object-locator.js';
export { compareText, decodeText, encodeText } from './text.js';
export { UTime } from './utime.js';
export { Uuid } from './uuid.js';
