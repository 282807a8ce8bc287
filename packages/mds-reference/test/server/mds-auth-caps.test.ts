import { describe, expect, it } from '@jest/globals';
import { MAY_CHGRP, MAY_CHOWN, MAY_FULL, MAY_READ, MAY_WRITE, MDSAuthCaps } from '../../src/server/mds-auth-caps.js';
import type { AccessQuestion } from '../../src/server/mds-auth-caps.js';

function question(over: Partial<AccessQuestion> = {}): AccessQuestion {
  return {
    path: () => 'home/a',
    inodeUid: 1000,
    inodeGid: 100,
    inodeMode: 0o100640,
    callerUid: 1000,
    callerGid: 100,
    callerGids: [],
    newUid: 0,
    newGid: 0,
    ...over,
  };
}

function caps(text: string): MDSAuthCaps {
  const parsed = MDSAuthCaps.parse(text);
  if (!parsed) throw new Error(`no caps: ${text}`);
  return parsed;
}

describe('MDSAuthCaps', () => {
  it('allows everything with a star', () => {
    expect(caps('allow *').allowAll()).toBe(true);
    expect(caps('allow *').isCapable(MAY_WRITE | MAY_FULL, question({ callerUid: 5 }))).toBe(true);
  });

  it('leaves permission bits to the client unless a grant is bound to a user', () => {
    expect(caps('allow rw').isCapable(MAY_WRITE, question({ callerUid: 5, inodeMode: 0 }))).toBe(true);
    expect(caps('allow r').isCapable(MAY_WRITE, question())).toBe(false);
  });

  it('checks owner, group and others of a grant that is bound to a user', () => {
    const own = caps('allow rw uid=1000 gids=100,27');
    expect(own.isCapable(MAY_READ | MAY_WRITE, question())).toBe(true);
    expect(own.isCapable(MAY_WRITE, question({ inodeUid: 1 }))).toBe(false);
    expect(own.isCapable(MAY_READ, question({ inodeUid: 1 }))).toBe(true);
    expect(own.isCapable(MAY_READ, question({ inodeUid: 1, inodeGid: 1 }))).toBe(false);
    expect(own.isCapable(MAY_READ, question({ callerUid: 7 }))).toBe(false);
  });

  it('lets root pass permission bits', () => {
    expect(caps('allow rw uid=0').isCapable(MAY_WRITE, question({ callerUid: 0, callerGid: 0, inodeMode: 0 }))).toBe(true);
  });

  it('lets an owner change the group to one of its own only, and the owner not at all', () => {
    const own = caps('allow rw uid=1000 gids=100,27');
    expect(own.isCapable(MAY_CHGRP, question({ newGid: 27 }))).toBe(true);
    expect(own.isCapable(MAY_CHGRP, question({ newGid: 28 }))).toBe(false);
    expect(own.isCapable(MAY_CHOWN, question({ newUid: 1 }))).toBe(false);
  });

  it('binds a grant to a path and what is below it', () => {
    const home = caps('allow rw path=/home, allow r');
    expect(home.isCapable(MAY_WRITE, question())).toBe(true);
    expect(home.isCapable(MAY_WRITE, question({ path: () => 'homes/a' }))).toBe(false);
    expect(home.isCapable(MAY_READ, question({ path: () => 'homes/a' }))).toBe(true);
    expect(caps('allow rw path=/home').pathCapable('')).toBe(false);
  });

  it('is undefined for what is no capability string', () => {
    expect(MDSAuthCaps.parse('deny all')).toBeUndefined();
    expect(MDSAuthCaps.parse('allow rw root_squash=maybe')).toBeUndefined();
  });
});
