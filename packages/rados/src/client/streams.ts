import { Readable, Writable } from 'node:stream';
import { AbortedError } from '@cephts/common';
import { checkWhole, U32_MAX } from '../objecter/check-args.js';
import type { CallOptions } from './call-options.js';
import { wholeStripes } from './whole-stripes.js';

/** What streams need of an IoCtx, or of something that stripes over several objects. */
export interface ByteObject {
  /** Bytes that all writes but the last have to be a multiple of; 0 or not given: any. */
  readonly requiredAlignment?: number;
  read(oid: string, options: { off: number; len: number } & CallOptions): Promise<Uint8Array>;
  writeFull(oid: string, bytes: Uint8Array, options: CallOptions): Promise<void>;
  write(oid: string, bytes: Uint8Array, off: number, options: CallOptions): Promise<void>;
}

/** How a stream reads an object. */
export interface ReadStreamOptions {
  /** First byte. @defaultValue 0 */
  start?: number;
  /** Just past the last byte. @defaultValue the object's end */
  end?: number;
  /** Bytes of one read. @defaultValue 4194304 (4 MiB) */
  chunkSize?: number;
  /** Reads under way at a time. @defaultValue 4 */
  readAhead?: number;
  signal?: AbortSignal;
}

/** How a stream writes an object. */
export interface WriteStreamOptions {
  /** Bytes of one write; in a pool that takes whole stripes only, the next multiple of them. @defaultValue 4194304 (4 MiB) */
  chunkSize?: number;
  /** Writes under way at a time. @defaultValue 4 */
  inFlight?: number;
  signal?: AbortSignal;
}

const CHUNK = 4 * 1024 * 1024;
const DEPTH = 4;

/** Reads pieces ahead of who takes them. @throws CephError `ERR_CEPH_EINVAL` for options that cannot be */
export function readStream(object: ByteObject, oid: string, options: ReadStreamOptions = {}): Readable {
  const { start = 0, end = Infinity, chunkSize = CHUNK, readAhead = DEPTH, signal } = options;
  checkWhole('start', start);
  if (end !== Infinity) checkWhole('end', end);
  checkWhole('chunkSize', chunkSize, { min: 1 });
  checkWhole('readAhead', readAhead, { min: 1, max: U32_MAX });
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const ahead: { len: number; bytes: Promise<Uint8Array> }[] = [];
    let next = start;
    const request = (): void => {
      const len = Math.min(chunkSize, end - next);
      if (len <= 0) return;
      const bytes = object.read(oid, { off: next, len, ...(signal ? { signal } : {}) });
      // the one that is awaited tells of it
      bytes.catch(() => undefined);
      ahead.push({ len, bytes });
      next += len;
    };
    for (let i = 0; i < readAhead; i++) request();
    for (let piece = ahead.shift(); piece; piece = ahead.shift()) {
      const bytes = await piece.bytes;
      if (bytes.length > 0) yield bytes;
      if (bytes.length < piece.len) return;
      request();
    }
  }
  return Readable.from(pieces(), { objectMode: false, ...(signal ? { signal } : {}) });
}

/**
 * Gathers what is written to pieces, some of them under way at a time. One that is destroyed begins no further write, and closes once those
 * under way are over: after 'close' nothing is written any more.
 *
 * @throws CephError `ERR_CEPH_EINVAL` for options that cannot be
 */
export function writeStream(object: ByteObject, oid: string, options: WriteStreamOptions = {}): Writable {
  const { chunkSize = CHUNK, inFlight = DEPTH, signal } = options;
  checkWhole('chunkSize', chunkSize, { min: 1 });
  checkWhole('inFlight', inFlight, { min: 1, max: U32_MAX });
  const callOptions: CallOptions = signal ? { signal } : {};
  let buffered: Uint8Array[] = [];
  let size = 0;
  /** Bytes of a write, once the pool was asked. */
  let pieceSize = 0;
  let off = 0;
  let failure: Error | undefined;
  const underWay = new Set<Promise<void>>();

  const flush = async (): Promise<void> => {
    if (failure) throw failure;
    const bytes = buffered.length === 1 ? (buffered[0] as Uint8Array) : Buffer.concat(buffered);
    buffered = [];
    size = 0;
    const at = off;
    off += bytes.length;
    // the first replaces what was there, so the others wait for it
    const job = (at === 0 ? object.writeFull(oid, bytes, callOptions) : object.write(oid, bytes, at, callOptions)).catch(
      (error: unknown) => {
        failure ??= error as Error;
      },
    );
    const tracked = job.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    if (at === 0) await tracked;
    while (underWay.size >= inFlight) await Promise.race(underWay);
    if (failure) throw failure;
  };

  const take = async (piece: Uint8Array): Promise<void> => {
    // not before there is something to write: that the pool is gone is the stream's error
    pieceSize ||= wholeStripes(object.requiredAlignment ?? 0, chunkSize);
    for (let from = 0; from < piece.length;) {
      const part = piece.subarray(from, from + pieceSize - size);
      buffered.push(part);
      size += part.length;
      from += part.length;
      if (size >= pieceSize) await flush();
    }
  };

  return new Writable({
    ...(signal ? { signal } : {}),
    // copied: who writes may use its memory again
    write: (chunk: Buffer, _encoding, done) => void take(Uint8Array.from(chunk)).then(() => done(), done),
    final: (done) => {
      const finish = async (): Promise<void> => {
        if (size > 0 || off === 0) await flush();
        await Promise.all(underWay);
        if (failure) throw failure;
      };
      finish().then(() => done(), done);
    },
    destroy: (error, done) => {
      failure ??= error ?? new AbortedError('the stream was destroyed');
      // none of them rejects
      void Promise.all(underWay).then(() => done(error));
    },
  });
}
