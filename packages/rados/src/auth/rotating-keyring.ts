import { UTime } from '@cephts/encoding';
import { RotatingSecrets } from './auth-types.js';
import { CEPHX_GENERAL_SECRET_ID } from './cephx-types.js';
import type { CryptoKey } from './crypto-key.js';

/**
 * The secrets that a daemon's kind of service has at present: tickets for it are sealed with one of them.
 *
 * @see src/auth/RotatingKeyRing.cc (16.2.15)
 */
export class RotatingKeyRing {
  /** CEPH_ENTITY_TYPE_… of the service. */
  readonly serviceId: number;
  #secrets = new RotatingSecrets();

  constructor(serviceId: number) {
    this.serviceId = serviceId;
  }

  /** Monitors that lag behind may answer with old ones: the newest stay. */
  setSecrets(secrets: RotatingSecrets): void {
    if (secrets.maxVersion >= this.#secrets.maxVersion) this.#secrets = secrets;
  }

  /** Is one missing, or is the current one past `wallMs`? */
  needNewSecrets(wallMs: number): boolean {
    return this.#secrets.needNewSecrets(UTime.fromMillis(wallMs));
  }

  get isEmpty(): boolean {
    return this.#secrets.secrets.size === 0;
  }

  /** Undefined for one that is not known (any more). */
  getServiceSecret(serviceId: number, secretId: bigint): CryptoKey | undefined {
    if (serviceId !== this.serviceId || secretId === CEPHX_GENERAL_SECRET_ID || secretId > Number.MAX_SAFE_INTEGER)
      return undefined;
    return this.#secrets.secrets.get(Number(secretId))?.key;
  }
}
