import { describe, expect, it } from '@jest/globals';
import { parseSessionFilter } from '../../src/rank/session-filter.js';
import type { Session } from '../../src/tables/session.js';

function session(num: number, stateName: string, host: string): Session {
  return {
    info: { inst: { name: { num } }, authName: 'client.admin', clientMetadata: { kvMap: new Map([['hostname', host]]) } },
    stateName,
    reconnecting: false,
  } as unknown as Session;
}

const sessions = [session(4305, 'open', 'ant'), session(4306, 'stale', 'bee')];
const ids = (...words: string[]): number[] => sessions.filter(parseSessionFilter(words)).map(({ info }) => info.inst.name.num);

describe('session filters', () => {
  it('mean every session where there are none', () => {
    expect(ids()).toEqual([4305, 4306]);
    expect(ids('*')).toEqual([4305, 4306]);
  });

  it('pick by id, state, metadata', () => {
    expect(ids('4305')).toEqual([4305]);
    expect(ids('id=4306')).toEqual([4306]);
    expect(ids('state=stale')).toEqual([4306]);
    expect(ids('client_metadata.hostname=ant')).toEqual([4305]);
    expect(ids('reconnecting=false')).toEqual([4305, 4306]);
  });

  it('must all hold', () => {
    expect(ids('state=open', 'client_metadata.hostname=bee')).toEqual([]);
  });

  it.each(['colour=red', 'id=many', 'nonsense', 'reconnecting=maybe'])('that are none (%s) are refused', (word) => {
    expect(() => parseSessionFilter([word])).toThrow(expect.objectContaining({ errno: 22 }));
  });
});
