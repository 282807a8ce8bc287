import type { EntityAddr } from '@cephts/encoding';

/** The address itself, without port. */
function hostBytes(addr: EntityAddr): Uint8Array {
  return addr.isIpv4() ? addr.sockaddr.subarray(2, 6) : addr.sockaddr.subarray(6, 22);
}

/** Is an address in a network, whose nonce is the length of its prefix? @see OSDMap::range_bits in src/osd/OSDMap.cc (16.2.15) */
export function isInNetwork(addr: EntityAddr, network: EntityAddr): boolean {
  if (!addr.isIp() || addr.family !== network.family) return false;
  const [host, prefix] = [hostBytes(addr), hostBytes(network)];
  for (let i = 0, bits = network.nonce; bits > 0 && i < host.length; i++, bits -= 8) {
    const mask = bits >= 8 ? 0xff : 0xff & (0xff << (8 - bits));
    if ((((host[i] as number) ^ (prefix[i] as number)) & mask) !== 0) return false;
  }
  return true;
}
