import { DirFrag, UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { Fnode } from '../../types/fnode.js';
import { MetaReqId } from '../../types/meta-req-id.js';

const EMPTY = new Uint8Array(0);

/**
 * link_rollback: how a peer undoes a link or unlink.
 *
 * @see src/mds/events/EPeerUpdate.h (16.2.15)
 */
export class LinkRollback {
  reqid = new MetaReqId();
  ino = 0;
  wasInc = false;
  oldCtime = UTime.ZERO;
  oldDirMtime = UTime.ZERO;
  oldDirRctime = UTime.ZERO;
  snapBlob: Uint8Array = EMPTY;

  encode(e: Encoder): void {
    const mark = e.start(3, 2);
    this.reqid.encode(e);
    e.u64(this.ino).bool(this.wasInc);
    this.oldCtime.encode(e);
    this.oldDirMtime.encode(e);
    this.oldDirRctime.encode(e);
    e.blob(this.snapBlob);
    e.finish(mark);
  }

  static decode(d: Decoder): LinkRollback {
    const frame = d.start(3, 'link_rollback');
    const rollback = new LinkRollback();
    rollback.reqid = MetaReqId.decode(d);
    rollback.ino = d.u64();
    rollback.wasInc = d.bool();
    rollback.oldCtime = UTime.decode(d);
    rollback.oldDirMtime = UTime.decode(d);
    rollback.oldDirRctime = UTime.decode(d);
    if (frame.version >= 3) rollback.snapBlob = d.blob().slice();
    d.finish(frame, 'link_rollback');
    return rollback;
  }
}

/**
 * rmdir_rollback: how a peer undoes a rmdir.
 *
 * @see src/mds/events/EPeerUpdate.h (16.2.15)
 */
export class RmdirRollback {
  reqid = new MetaReqId();
  srcDir = new DirFrag();
  srcDname = '';
  destDir = new DirFrag();
  destDname = '';
  snapBlob: Uint8Array = EMPTY;

  encode(e: Encoder): void {
    const mark = e.start(3, 2);
    this.reqid.encode(e);
    this.srcDir.encode(e);
    e.string(this.srcDname);
    this.destDir.encode(e);
    e.string(this.destDname).blob(this.snapBlob);
    e.finish(mark);
  }

  static decode(d: Decoder): RmdirRollback {
    const frame = d.start(3, 'rmdir_rollback');
    const rollback = new RmdirRollback();
    rollback.reqid = MetaReqId.decode(d);
    rollback.srcDir = DirFrag.decode(d);
    rollback.srcDname = d.string();
    rollback.destDir = DirFrag.decode(d);
    rollback.destDname = d.string();
    if (frame.version >= 3) rollback.snapBlob = d.blob().slice();
    d.finish(frame, 'rmdir_rollback');
    return rollback;
  }
}

/**
 * rename_rollback::drec: one dentry of a rename as it was.
 *
 * @see src/mds/events/EPeerUpdate.h (16.2.15)
 */
export class RenameRollbackDrec {
  dirfrag = new DirFrag();
  dirfragOldMtime = UTime.ZERO;
  dirfragOldRctime = UTime.ZERO;
  ino = 0;
  remoteIno = 0;
  dname = '';
  remoteDType = 0;
  oldCtime = UTime.ZERO;

  encode(e: Encoder): void {
    const mark = e.start(2, 2);
    this.dirfrag.encode(e);
    this.dirfragOldMtime.encode(e);
    this.dirfragOldRctime.encode(e);
    e.u64(this.ino).u64(this.remoteIno).string(this.dname).u8(this.remoteDType);
    this.oldCtime.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): RenameRollbackDrec {
    const frame = d.start(2, 'rename_rollback::drec');
    const drec = new RenameRollbackDrec();
    drec.dirfrag = DirFrag.decode(d);
    drec.dirfragOldMtime = UTime.decode(d);
    drec.dirfragOldRctime = UTime.decode(d);
    drec.ino = d.u64();
    drec.remoteIno = d.u64();
    drec.dname = d.string();
    drec.remoteDType = d.u8();
    drec.oldCtime = UTime.decode(d);
    d.finish(frame, 'rename_rollback::drec');
    return drec;
  }
}

/**
 * rename_rollback: how a peer undoes a rename.
 *
 * @see src/mds/events/EPeerUpdate.h (16.2.15)
 */
export class RenameRollback {
  reqid = new MetaReqId();
  origSrc = new RenameRollbackDrec();
  origDest = new RenameRollbackDrec();
  /** Where the target that was written over went. */
  stray = new RenameRollbackDrec();
  ctime = UTime.ZERO;
  srciSnapBlob: Uint8Array = EMPTY;
  destiSnapBlob: Uint8Array = EMPTY;

  encode(e: Encoder): void {
    const mark = e.start(3, 2);
    this.reqid.encode(e);
    this.origSrc.encode(e);
    this.origDest.encode(e);
    this.stray.encode(e);
    this.ctime.encode(e);
    e.blob(this.srciSnapBlob).blob(this.destiSnapBlob);
    e.finish(mark);
  }

  static decode(d: Decoder): RenameRollback {
    const frame = d.start(3, 'rename_rollback');
    const rollback = new RenameRollback();
    rollback.reqid = MetaReqId.decode(d);
    rollback.origSrc = RenameRollbackDrec.decode(d);
    rollback.origDest = RenameRollbackDrec.decode(d);
    rollback.stray = RenameRollbackDrec.decode(d);
    rollback.ctime = UTime.decode(d);
    if (frame.version >= 3) {
      rollback.srciSnapBlob = d.blob().slice();
      rollback.destiSnapBlob = d.blob().slice();
    }
    d.finish(frame, 'rename_rollback');
    return rollback;
  }
}

/**
 * dirfrag_rollback: a fragment as it was before its directory was cut anew.
 *
 * @see src/mds/events/EFragment.h (16.2.15)
 */
export function decodeDirfragRollback(d: Decoder): Fnode {
  return d.struct(1, (inner) => Fnode.decode(inner));
}

/** @see {@link decodeDirfragRollback} */
export function encodeDirfragRollback(e: Encoder, fnode: Fnode): void {
  const mark = e.start(1, 1);
  fnode.encode(e);
  e.finish(mark);
}
