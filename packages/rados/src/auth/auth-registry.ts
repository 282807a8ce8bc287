import { AUTH_METHOD, CON_MODE } from '@cephts/async-messenger';
import type { CephContext } from '@cephts/common';
import {
  CEPH_ENTITY_TYPE_CLIENT,
  CEPH_ENTITY_TYPE_MDS,
  CEPH_ENTITY_TYPE_MGR,
  CEPH_ENTITY_TYPE_MON,
  CEPH_ENTITY_TYPE_OSD,
} from '@cephts/encoding';

const METHODS: ReadonlyMap<string, number> = new Map([
  ['cephx', AUTH_METHOD.CEPHX],
  ['none', AUTH_METHOD.NONE],
]);
const MODES: ReadonlyMap<string, number> = new Map([
  ['crc', CON_MODE.CRC],
  ['secure', CON_MODE.SECURE],
]);

function words(text: string): string[] {
  return text.split(/[\s,;=]+/).filter((word) => word !== '');
}

/**
 * Which methods of authentication and which modes count towards whom, by the configuration.
 *
 * @see src/auth/AuthRegistry.cc (16.2.15)
 */
export class AuthRegistry {
  readonly #cct: CephContext;
  readonly #ownType: number;
  readonly #haveKeyring: () => boolean | 'none';

  /** @param haveKeyring without one, cephx is left out; `'none'`: method none, whatever is configured */
  constructor(cct: CephContext, ownType: number, haveKeyring: () => boolean | 'none') {
    this.#cct = cct;
    this.#ownType = ownType;
    this.#haveKeyring = haveKeyring;
  }

  supportedMethods(peerType: number): number[] {
    const keyring = this.#haveKeyring();
    if (keyring === 'none') return [AUTH_METHOD.NONE];
    const kind = this.#methodKind(peerType);
    const text = this.#cct.conf.str('auth_supported') || this.#cct.conf.str(`auth_${kind}_required`);
    const methods = words(text).flatMap((word) => METHODS.get(word) ?? []);
    return keyring ? methods : methods.filter((method) => method !== AUTH_METHOD.CEPHX);
  }

  supportedModes(peerType: number, method: number): number[] {
    const modes = words(this.#cct.conf.str(this.#modeOption(peerType))).flatMap((word) => MODES.get(word) ?? []);
    // without a key there is no secret to encrypt with
    return method === AUTH_METHOD.NONE ? modes.filter((mode) => mode === CON_MODE.CRC) : modes;
  }

  /** The first of the peer's modes that is allowed here, or CON_MODE.UNKNOWN. */
  pickMode(peerType: number, method: number, preferred: readonly number[]): number {
    const allowed = this.supportedModes(peerType, method);
    return preferred.find((mode) => allowed.includes(mode)) ?? CON_MODE.UNKNOWN;
  }

  #methodKind(peerType: number): 'client' | 'cluster' | 'service' {
    if (this.#ownType === CEPH_ENTITY_TYPE_CLIENT) return 'client';
    return isMonOrMgr(peerType) || (!isMonOrMgr(this.#ownType) && isDaemon(peerType)) ? 'cluster' : 'service';
  }

  #modeOption(peerType: number): string {
    if (this.#ownType === CEPH_ENTITY_TYPE_CLIENT) return isMonOrMgr(peerType) ? 'ms_mon_client_mode' : 'ms_client_mode';
    if (isMonOrMgr(this.#ownType)) return isMonOrMgr(peerType) ? 'ms_mon_cluster_mode' : 'ms_mon_service_mode';
    if (isMonOrMgr(peerType)) return 'ms_mon_cluster_mode';
    return isDaemon(peerType) ? 'ms_cluster_mode' : 'ms_service_mode';
  }
}

function isMonOrMgr(type: number): boolean {
  return type === CEPH_ENTITY_TYPE_MON || type === CEPH_ENTITY_TYPE_MGR;
}

function isDaemon(type: number): boolean {
  return type === CEPH_ENTITY_TYPE_MDS || type === CEPH_ENTITY_TYPE_OSD;
}
