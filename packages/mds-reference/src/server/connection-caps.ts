import type { Connection } from '@cephts/async-messenger';
import { AuthCapsInfo } from '@cephts/rados';
import { MDSAuthCaps } from './mds-auth-caps.js';

/**
 * What the peer of a connection may do here, as its ticket says; undefined where nobody was authenticated, and nothing restricts it.
 *
 * @see MDSDaemon::parse_caps in src/mds/MDSDaemon.cc (16.2.15)
 */
export function connectionCaps({ peerCapsInfo }: Connection): MDSAuthCaps | undefined {
  if (!(peerCapsInfo instanceof AuthCapsInfo)) return undefined;
  if (peerCapsInfo.allowAll) return MDSAuthCaps.ALLOW_ALL;
  try {
    return MDSAuthCaps.parse(peerCapsInfo.text) ?? MDSAuthCaps.NONE;
  } catch {
    // caps that make no sense allow nothing
    return MDSAuthCaps.NONE;
  }
}
