import { ERRNO } from '@cephts/common';
import { DecodeError, Decoder } from '@cephts/encoding';
import { objectName } from '../journal/file-objects.js';
import { MDSIOContext } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';
import { ObjectOperation } from '../store/object-store.js';
import type { ObjectLocator, OmapPage, OpResult } from '../store/object-store.js';
import { parseDentryKey } from '../types/dentry-key.js';
import { decodeDentryValue } from '../types/dentry-value.js';
import type { DentryValue } from '../types/dentry-value.js';
import { Fnode } from '../types/fnode.js';
import { InodeBacktrace } from '../types/inode-backtrace.js';
import type { CDentry } from './cdentry.js';
import type { CDir } from './cdir.js';
import type { CInode } from './cinode.js';

class C_IO_Dir_Fetched extends MDSIOContext {
  readonly #done: (r: number) => void;

  constructor(mds: MDSRank, done: (r: number) => void) {
    super(mds);
    this.#done = done;
  }

  override finish(r: number): void {
    this.#done(r);
  }
}

/**
 * Reads a directory fragment from its object: the header is its fnode, each key and value an entry.
 *
 * It is read in pages of `mds_dir_keys_per_op`, and taken over as a whole. What the cache knows already (newer, from the journal or from
 * requests meanwhile) stays as it is.
 *
 * @see CDir::_omap_fetch in src/mds/CDir.cc (16.2.15)
 */
export class DirFetch {
  readonly #dir: CDir;
  readonly #mds: MDSRank;
  readonly #oid: string;
  readonly #loc: ObjectLocator;
  readonly #max: number;
  readonly #pages: Map<string, Uint8Array>[] = [];
  #header: Uint8Array = new Uint8Array(0);
  #last = '';

  constructor(dir: CDir) {
    this.#dir = dir;
    this.#mds = dir.inode.mdcache.mds;
    this.#oid = objectName(dir.inode.ino, dir.frag);
    this.#loc = { pool: this.#mds.metadataPool };
    this.#max = this.#mds.cct.conf.number('mds_dir_keys_per_op');
  }

  start(): void {
    const op = new ObjectOperation();
    const header = op.omapGetHeader();
    const page = op.omapGetVals('', '', this.#max);
    const parent = this.#dir.frag === 0 && this.#mds.cct.conf.number('mds_verify_backtrace') > 0 ? this.#readParent() : undefined;
    this.#operate(op, (r) => {
      if (r >= 0 && header.value) this.#header = header.value;
      parent?.();
      this.#gotPage(r, page);
    });
  }

  /** Reads the backtrace beside: one that is missing is no reason not to read the entries. */
  #readParent(): () => void {
    const op = new ObjectOperation();
    const parent = op.getXattr('parent');
    let r: number | undefined;
    this.#mds.objecter.operate(this.#oid, this.#loc, op, (result: number) => (r = result));
    return () => {
      if (r !== undefined) verifyBacktrace(this.#dir.inode, r, parent.value);
    };
  }

  #operate(op: ObjectOperation, done: (r: number) => void): void {
    const context = new C_IO_Dir_Fetched(this.#mds, done);
    this.#mds.objecter.operate(this.#oid, this.#loc, op, (r: number) => this.#mds.finisher.queue(context, r));
  }

  #gotPage(r: number, page: OpResult<OmapPage>): void {
    if (r < 0 && r !== -ERRNO.ENOENT && r !== -ERRNO.ENODATA) {
      this.#dir.fetchFailed(r);
      return;
    }
    const vals = page.value?.vals;
    if (vals && vals.size > 0) {
      this.#pages.push(vals);
      for (const key of vals.keys()) this.#last = key;
      if (page.value?.more === true) {
        const op = new ObjectOperation();
        const next = op.omapGetVals(this.#last, '', this.#max);
        this.#operate(op, (result) => this.#gotPage(result, next));
        return;
      }
    }
    this.#finish();
  }

  #finish(): void {
    const dir = this.#dir;
    const where = `dir ${dir.dirfrag}`;
    if (this.#header.length === 0) {
      this.#mds.clog('error', `${where} object missing on disk; some files may be lost (${dir.inode.makePathString()})`);
      dir.fetchFailed(-ERRNO.EIO);
      return;
    }
    try {
      const d = new Decoder(this.#header, 'fnode_t');
      const fnode = Fnode.decode(d);
      d.expectEnd();
      dir.takeFetchedFnode(fnode);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#mds.clog('warn', `corrupt fnode header in ${where}: ${error.message} (${dir.inode.makePathString()})`);
      dir.fetchFailed(-ERRNO.EIO);
      return;
    }
    for (const page of this.#pages) for (const [key, value] of page) this.#load(key, value);
    dir.fetched();
  }

  #load(key: string, value: Uint8Array): void {
    const parsed = parseDentryKey(key);
    try {
      if (!parsed) throw new DecodeError('dentry key', 0, `'${key}' has no snapshot`);
      loadDentry(this.#dir, parsed.name, parsed.last, decodeDentryValue(value));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // the others of the fragment are all right
      const path = `${this.#dir.inode.makePathString()}/${parsed?.name ?? key}`;
      this.#mds.clog(
        'warn',
        `corrupt dentry '${parsed?.name ?? key}' in dir frag ${this.#dir.dirfrag}: ${error.message} (${path})`,
      );
    }
  }
}

/** Takes over one entry that was read. @returns its dentry; undefined where the inode is known under another name */
export function loadDentry(dir: CDir, name: string, last: bigint, value: DentryValue): CDentry | undefined {
  const dn = dir.lookupExactSnap(name, last);
  if (dn) {
    markUnderwaterClean(dir, dn, value);
    return dn;
  }
  const { mdcache } = dir.inode;
  if (value.kind === 'remote') {
    const added = dir.addRemoteDentry(name, value.ino, value.dType, value.alternateName, value.first, last);
    const inode = mdcache.getInode(value.ino);
    if (inode) added.linkRemote(added.linkage, inode);
    return added;
  }
  const { store } = value;
  const known = mdcache.getInode(store.inode.ino, last);
  if (known) {
    mdcache.mds.clog(
      'error',
      `loaded dup inode 0x${store.inode.ino.toString(16)} v${store.inode.version} at ${dir.inode.makePathString()}/${name}, but inode v${known.inode.version} already exists at ${known.makePathString()}`,
    );
    return undefined;
  }
  const inode = mdcache.newInode(store.inode, value.first, last);
  inode.takeStore(store);
  mdcache.addInode(inode);
  const added = dir.addPrimaryDentry(name, inode, value.alternateName, value.first, last);
  if (inode.inode.isDirtyRstat()) inode.markDirtyRstat();
  return added;
}

/**
 * What the journal says is dirty may have been stored before the daemon went down: where the stored version is the same it is clean.
 * That counts only for the first read after a replay.
 */
function markUnderwaterClean(dir: CDir, dn: CDentry, value: DentryValue): void {
  if (dir.committedVersion !== 0 || !dn.isDirty()) return;
  const { linkage } = dn;
  if (value.kind === 'remote') {
    if (!linkage.isRemote() || linkage.remoteIno !== value.ino || linkage.remoteDType !== value.dType) return;
    if (dn.alternateName === value.alternateName) dn.markClean();
    return;
  }
  const { inode } = value.store;
  if (!linkage.isPrimary() || linkage.inode?.ino !== inode.ino || linkage.inode.inode.version !== inode.version) return;
  dn.markClean();
  linkage.inode.markClean();
}

/** Does the stored backtrace of a directory say where it is? If not it is written anew. */
function verifyBacktrace(inode: CInode, r: number, bytes: Uint8Array | undefined): void {
  const parent = inode.getParentDn();
  if (inode.isBase() || inode.isDirtyParent() || !parent) return;
  if (r >= 0 && bytes) {
    try {
      const [first] = InodeBacktrace.decode(new Decoder(bytes, 'inode_backtrace_t')).ancestors;
      if (first?.dname === parent.name && first.dirino === parent.dir.inode.ino) return;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
  const { mds } = inode.mdcache;
  if (inode.mdcache.isReadonly() || mds.isAnyReplay()) return;
  mds.clog('error', `bad backtrace on directory inode 0x${inode.ino.toString(16)}`);
  inode.markDirtyParent(mds.mdlog.getCurrentSegment(), false);
  mds.mdlog.flush();
}
