import { S_IFMT } from '../types/ceph-fs.js';

export const MAY_READ = 1;
export const MAY_WRITE = 2;
export const MAY_EXECUTE = 4;
export const MAY_CHOWN = 16;
export const MAY_CHGRP = 32;
export const MAY_SET_VXATTR = 64;
export const MAY_SNAPSHOT = 128;
export const MAY_FULL = 256;

/** Who asks, for which inode. */
export interface AccessQuestion {
  /** Path without a slash in front; asked for only where a grant is bound to one. */
  path: () => string;
  inodeUid: number;
  inodeGid: number;
  inodeMode: number;
  callerUid: number;
  callerGid: number;
  callerGids: readonly number[];
  /** Owner and group that are to be set, with MAY_CHOWN and MAY_CHGRP. */
  newUid: number;
  newGid: number;
}

interface Grant {
  readonly may: number;
  readonly path: string;
  /** Acts as this user only; undefined for any. Permission bits count only then. */
  readonly uid: number | undefined;
  readonly gids: readonly number[];
}

const WORDS: Readonly<Record<string, number>> = {
  r: MAY_READ | MAY_EXECUTE,
  w: MAY_WRITE,
  p: MAY_SET_VXATTR,
  s: MAY_SNAPSHOT,
  f: MAY_FULL,
};
const ALL = MAY_READ | MAY_WRITE | MAY_EXECUTE | MAY_SET_VXATTR | MAY_SNAPSHOT | MAY_FULL;

function parseGrant(text: string): Grant | undefined {
  const words = text.trim().split(/\s+/);
  if (words[0] !== 'allow' || words[1] === undefined) return undefined;
  let may = 0;
  if (words[1] === '*' || words[1] === 'all') may = ALL;
  else for (const letter of words[1]) may |= WORDS[letter] ?? 0;
  let path = '';
  let uid: number | undefined;
  let gids: readonly number[] = [];
  for (const word of words.slice(2)) {
    const at = word.indexOf('=');
    const key = word.slice(0, at);
    const value = word.slice(at + 1).replaceAll('"', '');
    if (key === 'path') path = value.replace(/^\/+|\/+$/g, '');
    else if (key === 'uid') uid = Number(value);
    else if (key === 'gids') gids = value.split(',').map(Number);
    else if (key !== 'fsname' && key !== 'network') return undefined;
  }
  return { may, path, uid, gids };
}

/**
 * What a client may do, as its key says: `allow rw path=/home uid=1000 gids=1000,27`.
 *
 * Without a `uid` the client is trusted to check permission bits itself, and does; with one they are checked here.
 *
 * @see src/mds/MDSAuthCaps.cc (16.2.15)
 */
export class MDSAuthCaps {
  readonly #grants: readonly Grant[];
  readonly #everything: boolean;

  private constructor(grants: readonly Grant[]) {
    this.#grants = grants;
    this.#everything = grants.some((grant) => grant.may === ALL && grant.path === '' && grant.uid === undefined);
  }

  static readonly ALLOW_ALL: MDSAuthCaps = new MDSAuthCaps([{ may: ALL, path: '', uid: undefined, gids: [] }]);

  static readonly NONE: MDSAuthCaps = new MDSAuthCaps([]);

  /** @returns undefined for what is no capability string */
  static parse(text: string): MDSAuthCaps | undefined {
    const grants: Grant[] = [];
    for (const part of text.split(/[;,](?=\s*allow)/)) {
      const grant = parseGrant(part);
      if (!grant) return undefined;
      grants.push(grant);
    }
    return new MDSAuthCaps(grants);
  }

  allowAll(): boolean {
    return this.#everything;
  }

  /** Is there a grant for anything at this path (no slash in front) or above it? */
  pathCapable(path: string): boolean {
    return this.#grants.some((grant) => underneath(path, grant.path));
  }

  isCapable(mask: number, question: AccessQuestion): boolean {
    if (this.#everything) return true;
    return this.#grants.some((grant) => grantAllows(grant, mask, question));
  }
}

function underneath(path: string, root: string): boolean {
  return root === '' || path === root || path.startsWith(`${root}/`);
}

function grantAllows(grant: Grant, mask: number, q: AccessQuestion): boolean {
  const asked = mask & (MAY_READ | MAY_WRITE | MAY_EXECUTE | MAY_SET_VXATTR | MAY_SNAPSHOT | MAY_FULL);
  if ((asked & ~grant.may) !== 0) return false;
  if (grant.path !== '' && !underneath(q.path(), grant.path)) return false;
  if (grant.uid === undefined) return true;
  if (grant.uid !== q.callerUid) return false;
  if (grant.gids.length > 0 && !grant.gids.includes(q.callerGid)) return false;
  const gids = grant.gids.length > 0 ? grant.gids : [q.callerGid, ...q.callerGids];
  if (q.callerUid === 0) return true;
  // only the owner gives a file away to itself, or to a group of its own
  if ((mask & MAY_CHOWN) !== 0 && (q.newUid !== q.callerUid || q.inodeUid !== q.callerUid)) return false;
  if ((mask & MAY_CHGRP) !== 0 && (q.inodeUid !== q.callerUid || !gids.includes(q.newGid))) return false;
  return permits(q, gids, mask);
}

/** POSIX permission bits: the owner's, else the group's, else those of the others. */
function permits(q: AccessQuestion, gids: readonly number[], mask: number): boolean {
  const mode = q.inodeMode & ~S_IFMT;
  const bits = q.inodeUid === q.callerUid ? mode >> 6 : gids.includes(q.inodeGid) ? mode >> 3 : mode;
  if ((mask & MAY_READ) !== 0 && (bits & 4) === 0) return false;
  if ((mask & MAY_WRITE) !== 0 && (bits & 2) === 0) return false;
  return (mask & MAY_EXECUTE) === 0 || (bits & 1) !== 0;
}
