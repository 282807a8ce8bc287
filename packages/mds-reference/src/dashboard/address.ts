import { BlockList, isIP } from 'node:net';
import { CephError, ERRNO } from '@cephts/common';

/** Where the dashboard listens when only asked to: just above the ports of Ceph's daemons. */
export const DEFAULT_ADDRESS = '127.0.0.1:7400';

/** An address to listen on. */
export interface ListenAddress {
  host: string;
  port: number;
  loopback: boolean;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Is it an address that only this machine reaches? */
export function isLoopback(ip: string): boolean {
  const version = isIP(ip);
  return version !== 0 && LOOPBACK.check(ip, version === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Reads `IP`, `IP:PORT`, `[IPv6]:PORT`, `localhost[:PORT]`, `:PORT` or `PORT`; what is missing comes from {@link DEFAULT_ADDRESS}. Port 0
 * takes a free one.
 *
 * @throws CephError `ERR_CEPH_INVALID_OPTION` for anything else: names are not looked up, so that it is plain who can connect
 */
export function parseListenAddress(text: string): ListenAddress {
  const [host, port] = splitAddress(text.trim());
  const ip = host === 'localhost' || host === '' ? '127.0.0.1' : host;
  if (isIP(ip) === 0 || port < 0 || port > 65_535) {
    throw new CephError(
      'ERR_CEPH_INVALID_OPTION',
      `Expected an address as in ${DEFAULT_ADDRESS} for the dashboard, got \`${text}\``,
      {
        errno: ERRNO.EINVAL,
      },
    );
  }
  return { host: ip, port, loopback: isLoopback(ip) };
}

function splitAddress(text: string): [host: string, port: number] {
  const fallback = Number(DEFAULT_ADDRESS.split(':')[1]);
  if (/^\d+$/.test(text)) return ['', Number(text)];
  if (isIP(text) !== 0) return [text, fallback];
  const [, bracketed, host, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (bracketed === undefined && host === undefined) return ['?', -1];
  return [bracketed ?? host ?? '', port === undefined ? fallback : Number(port)];
}
