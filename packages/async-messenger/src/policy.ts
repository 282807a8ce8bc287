import type { Throttle } from '@cephts/common';
import { CEPH_FEATURES_ALL } from '@cephts/encoding';

/** The flags of a {@link Policy}. */
export interface PolicyFlags {
  lossy: boolean;
  server: boolean;
  standby: boolean;
  resetcheck: boolean;
  registerLossyClients: boolean;
  featuresSupported: bigint;
  featuresRequired: bigint;
}

/**
 * How a messenger treats peers of one type. An unchanging value, but for its throttles.
 *
 * @see src/msg/Policy.h (16.2.15)
 */
export class Policy {
  /** An error drops the connection and what it held. */
  readonly lossy: boolean;
  /** Never connects of its own accord; the peer comes back. */
  readonly server: boolean;
  /** A fault with nothing to send parks the session until there is something. */
  readonly standby: boolean;
  /** A peer that lost its session is noticed, and the dispatchers are told of a remote reset. */
  readonly resetcheck: boolean;
  /** Are lossy clients registered by address, one connection each? */
  readonly registerLossyClients: boolean;
  /** Feature bits this end says it has. */
  readonly featuresSupported: bigint;
  /**
   * Feature bits a peer must have to be let in. Only who accepts asks for them, as in Ceph: who connects tells its own, and takes what the
   * other end has.
   */
  readonly featuresRequired: bigint;
  /** Bounds the bytes of messages from such peers in memory. */
  readonly throttlerBytes: Throttle | undefined;
  /** Bounds the number of messages from such peers in memory. */
  readonly throttlerMessages: Throttle | undefined;

  constructor(flags: Partial<PolicyFlags> = {}, throttlerBytes?: Throttle, throttlerMessages?: Throttle) {
    this.lossy = flags.lossy ?? false;
    this.server = flags.server ?? false;
    this.standby = flags.standby ?? false;
    this.resetcheck = flags.resetcheck ?? true;
    this.registerLossyClients = flags.registerLossyClients ?? true;
    this.featuresSupported = flags.featuresSupported ?? CEPH_FEATURES_ALL;
    this.featuresRequired = flags.featuresRequired ?? 0n;
    this.throttlerBytes = throttlerBytes;
    this.throttlerMessages = throttlerMessages;
  }

  static lossyClient(featuresRequired = 0n): Policy {
    return new Policy({ lossy: true, resetcheck: false, featuresRequired });
  }

  static losslessClient(featuresRequired = 0n): Policy {
    return new Policy({ featuresRequired });
  }

  static losslessPeer(featuresRequired = 0n): Policy {
    return new Policy({ standby: true, resetcheck: false, featuresRequired });
  }

  static losslessPeerReuse(featuresRequired = 0n): Policy {
    return new Policy({ standby: true, featuresRequired });
  }

  static statefulServer(featuresRequired = 0n): Policy {
    return new Policy({ server: true, standby: true, featuresRequired });
  }

  static statelessServer(featuresRequired = 0n): Policy {
    return new Policy({ lossy: true, server: true, resetcheck: false, registerLossyClients: false, featuresRequired });
  }

  static statelessRegisteredServer(featuresRequired = 0n): Policy {
    return new Policy({ lossy: true, server: true, resetcheck: false, featuresRequired });
  }

  /** The same policy with throttles. */
  withThrottlers(bytes?: Throttle, messages?: Throttle): Policy {
    return new Policy(this, bytes, messages);
  }

  /** The same policy, lossy or not: the acceptor has the last word on that. */
  withLossy(lossy: boolean): Policy {
    return lossy === this.lossy ? this : new Policy({ ...this, lossy }, this.throttlerBytes, this.throttlerMessages);
  }
}
