import type { Encoder } from '@cephts/encoding';
import { Decoder, IntervalSet } from '@cephts/encoding';
import { DirStat } from './dir-stat.js';
import { InodeStat, REPLY_ENCODING } from './inode-stat.js';
import { LeaseStat } from './lease-stat.js';
import type { MClientReply } from './m-client-reply.js';

/** What a reply's trace tells: the entry (folder, fragment, name, lease), the inode, or both. */
export interface ReplyTrace {
  dentry: { dir: InodeStat; dirstat: DirStat; dname: string; lease: LeaseStat } | undefined;
  target: InodeStat | undefined;
}

/** Reads a reply's trace. @throws DecodeError */
export function decodeReplyTrace(reply: MClientReply, features: bigint = REPLY_ENCODING): ReplyTrace {
  const d = new Decoder(reply.trace, 'trace');
  const trace: ReplyTrace = { dentry: undefined, target: undefined };
  if (reply.trace.length === 0) return trace;
  if (reply.isDentry) {
    const dir = InodeStat.decode(d, features);
    const dirstat = DirStat.decode(d, features);
    const dname = d.string();
    trace.dentry = { dir, dirstat, dname, lease: LeaseStat.decode(d, features) };
  }
  if (reply.isTarget) trace.target = InodeStat.decode(d, features);
  return trace;
}

/** Writes the entry part of a trace; the target, an {@link InodeStat}, follows it. */
export function encodeDentryTrace(
  e: Encoder,
  dir: InodeStat,
  dirstat: DirStat,
  dname: string,
  lease: LeaseStat,
  features: bigint = REPLY_ENCODING,
): void {
  dir.encode(e, features);
  dirstat.encode(e, features);
  e.string(dname);
  lease.encode(e, features);
}

export interface ReaddirEntry {
  dname: string;
  lease: LeaseStat;
  inode: InodeStat;
}

/** A page of a folder: `extra` of the reply to readdir and lssnap. */
export interface ReaddirPage {
  dirstat: DirStat;
  /** CEPH_READDIR_… */
  flags: number;
  entries: ReaddirEntry[];
}

export function encodeReaddirPage(e: Encoder, page: ReaddirPage, features: bigint = REPLY_ENCODING): void {
  page.dirstat.encode(e, features);
  e.u32(page.entries.length).u16(page.flags);
  for (const { dname, lease, inode } of page.entries) {
    e.string(dname);
    lease.encode(e, features);
    inode.encode(e, features);
  }
}

export function decodeReaddirPage(bytes: Uint8Array, features: bigint = REPLY_ENCODING): ReaddirPage {
  const d = new Decoder(bytes, 'readdir');
  const dirstat = DirStat.decode(d, features);
  const at = d.offset;
  const count = d.u32();
  const flags = d.u16();
  const entries: ReaddirEntry[] = [];
  if (count * 180 > d.remaining) throw d.error(`${count} entries claimed in ${d.remaining} bytes`, at);
  for (let i = 0; i < count; i++) {
    const dname = d.string();
    const lease = LeaseStat.decode(d, features);
    entries.push({ dname, lease, inode: InodeStat.decode(d, features) });
  }
  return { dirstat, flags, entries };
}

/**
 * openc_response_t: `extra` of the reply to a create, for clients with CEPHFS_FEATURE_DELEG_INO. Others get the inode number alone.
 * @see src/messages/MClientReply.h (16.2.15)
 */
export class OpencResponse {
  createdIno: number;
  /** Inode numbers the client may use for files it creates asynchronously. */
  delegatedInos: IntervalSet;

  constructor(createdIno = 0, delegatedInos: IntervalSet = new IntervalSet()) {
    this.createdIno = createdIno;
    this.delegatedInos = delegatedInos;
  }

  encode(e: Encoder): void {
    const mark = e.start(1, 1);
    e.u64(this.createdIno);
    this.delegatedInos.encode(e);
    e.finish(mark);
  }

  static decode(d: Decoder): OpencResponse {
    const frame = d.start(1, 'openc_response_t');
    const ino = d.u64();
    const delegated = IntervalSet.decode(d);
    d.finish(frame, 'openc_response_t');
    return new OpencResponse(ino, delegated);
  }
}
