import { CephError, ERRNO } from '@cephts/common';
import type { Session } from '../tables/session.js';

/** Says whether a session is meant. */
export type SessionFilter = (session: Session) => boolean;

/**
 * Parses filters of `session ls` and `session evict`: an id, or pairs such as `id=4305`, `state=open`, `auth_name=client.a`,
 * `client_metadata.hostname=x`. All must hold; none means every session.
 *
 * @throws CephError `ERR_CEPH_EINVAL` for a filter that is none
 * @see SessionFilter::parse in src/mds/SessionMap.cc (16.2.15)
 */
export function parseSessionFilter(words: readonly string[]): SessionFilter {
  const filters = words.map(parseOne);
  return (session) => filters.every((filter) => filter(session));
}

function parseOne(word: string): SessionFilter {
  const invalid = (why: string): CephError => new CephError('ERR_CEPH_EINVAL', why, { errno: ERRNO.EINVAL });
  const equals = word.indexOf('=');
  if (equals < 0) {
    if (/^\d+$/.test(word)) return (session) => session.info.inst.name.num === Number(word);
    if (word === '*') return () => true;
    throw invalid(`Invalid filter '${word}'`);
  }
  const key = word.slice(0, equals);
  const value = word.slice(equals + 1);
  if (key.startsWith('client_metadata.')) {
    const name = key.slice('client_metadata.'.length);
    return (session) => session.info.clientMetadata.kvMap.get(name) === value;
  }
  switch (key) {
    case 'id':
      if (!/^\d+$/.test(value)) throw invalid(`Invalid id '${value}'`);
      return (session) => session.info.inst.name.num === Number(value);
    case 'state':
      return (session) => session.stateName === value;
    case 'auth_name':
      return (session) => String(session.info.authName) === value;
    case 'reconnecting': {
      if (value !== 'true' && value !== 'false') throw invalid(`Expected reconnecting=true or reconnecting=false, got '${value}'`);
      return (session) => session.reconnecting === (value === 'true');
    }
    default:
      throw invalid(`Invalid filter key '${key}'`);
  }
}
