// Types of the object corpus that monitors, managers and cephx have.
import { CEPH_FEATURES_ALL } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { AuthCapsInfo, AuthTicket, EntityAuth, ExpiringCryptoKey, RotatingSecrets } from '../src/auth/auth-types.js';
import {
  CephXAuthenticate,
  CephXAuthorize,
  CephXAuthorizeChallenge,
  CephXAuthorizeReply,
  CephXChallengeBlob,
  CephXRequestHeader,
  CephXResponseHeader,
  CephXServerChallenge,
  CephXServiceTicket,
  CephXServiceTicketInfo,
  CephXServiceTicketRequest,
  CephXTicketBlob,
} from '../src/auth/cephx-types.js';
import { CryptoKey } from '../src/auth/crypto-key.js';
import { FeatureMap } from '../src/maps/feature-map.js';
import { FSMap, Filesystem } from '../src/maps/fs-map.js';
import { MdsHealth, MdsHealthMetric } from '../src/maps/mds-health.js';
import { MdsInfo } from '../src/maps/mds-info.js';
import { MDSMap } from '../src/maps/mds-map.js';
import { MgrMap } from '../src/maps/mgr-map.js';
import { MonMap, decodeMonFeatures, decodeMonInfo, encodeMonFeatures, encodeMonInfo } from '../src/maps/mon-map.js';
import { ServiceMap } from '../src/maps/service-map.js';

interface Codec {
  decode(d: Decoder): unknown;
  encode(value: unknown, e: Encoder): void;
}

function codecOf<T extends { encode(e: Encoder): void }>(type: { decode(d: Decoder): T }): Codec {
  return { decode: (d) => type.decode(d), encode: (value, e) => (value as T).encode(e) };
}

/** Which codec reads which type. */
export const monCodecs: ReadonlyMap<string, Codec> = new Map<string, Codec>([
  ['AuthCapsInfo', codecOf(AuthCapsInfo)],
  ['AuthTicket', codecOf(AuthTicket)],
  ['CephXAuthenticate', codecOf(CephXAuthenticate)],
  ['CephXAuthorize', codecOf(CephXAuthorize)],
  ['CephXAuthorizeChallenge', codecOf(CephXAuthorizeChallenge)],
  ['CephXAuthorizeReply', codecOf(CephXAuthorizeReply)],
  ['CephXChallengeBlob', codecOf(CephXChallengeBlob)],
  ['CephXRequestHeader', codecOf(CephXRequestHeader)],
  ['CephXResponseHeader', codecOf(CephXResponseHeader)],
  ['CephXServerChallenge', codecOf(CephXServerChallenge)],
  ['CephXServiceTicket', codecOf(CephXServiceTicket)],
  ['CephXServiceTicketInfo', codecOf(CephXServiceTicketInfo)],
  ['CephXServiceTicketRequest', codecOf(CephXServiceTicketRequest)],
  ['CephXTicketBlob', codecOf(CephXTicketBlob)],
  ['CryptoKey', codecOf(CryptoKey)],
  ['EntityAuth', codecOf(EntityAuth)],
  ['ExpiringCryptoKey', codecOf(ExpiringCryptoKey)],
  ['FSMap', codecOf(FSMap)],
  ['FeatureMap', codecOf(FeatureMap)],
  ['Filesystem', codecOf(Filesystem)],
  ['MDSHealth', codecOf(MdsHealth)],
  ['MDSHealthMetric', codecOf(MdsHealthMetric)],
  ['MDSMap', codecOf(MDSMap)],
  ['MDSMap::mds_info_t', codecOf(MdsInfo)],
  ['MgrMap', codecOf(MgrMap)],
  ['MonMap', codecOf(MonMap)],
  ['RotatingSecrets', codecOf(RotatingSecrets)],
  ['ServiceMap', codecOf(ServiceMap)],
  ['mon_feature_t', { decode: decodeMonFeatures, encode: (value, e) => encodeMonFeatures(e, value as bigint) }],
  [
    'mon_info_t',
    {
      decode: decodeMonInfo,
      encode: (value, e) => encodeMonInfo(e, value as ReturnType<typeof decodeMonInfo>, CEPH_FEATURES_ALL),
    },
  ],
]);
