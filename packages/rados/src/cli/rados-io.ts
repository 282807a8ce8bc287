import { createReadStream } from 'node:fs';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { ERRNO } from '@cephts/common';
import { errnoText } from './errno-text.js';
import { VerbError } from './verb-error.js';

/** Where a command reads and writes. */
export interface CommandIo {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
}

/** A file in pieces of a size, of which there are none of size 0; `-` is standard input. */
export async function* pieces(io: CommandIo, file: string, size: number): AsyncGenerator<Uint8Array> {
  if (size === 0) return;
  const source = file === '-' ? io.stdin : createReadStream(file, { highWaterMark: size });
  let gathered: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
    let rest: Uint8Array = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    while (rest.length > 0) {
      const part = rest.subarray(0, size - length);
      gathered.push(part);
      length += part.length;
      rest = rest.subarray(part.length);
      if (length === size) {
        yield Buffer.concat(gathered);
        gathered = [];
        length = 0;
      }
    }
  }
  if (length > 0) yield Buffer.concat(gathered);
}

/** What is in an object, in pieces of a size; all but the last are as long. */
export async function* objectPieces(
  read: (range: { off: number; len: number }) => Promise<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let off = 0; ; off += size) {
    const piece = await read({ off, len: size });
    if (piece.length > 0) yield piece;
    if (piece.length < size) return;
  }
}

/** Bytes of a file; undefined for standard input, and what has no length. */
export async function lengthOf(file: string): Promise<number | undefined> {
  if (file === '-') return undefined;
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  return size || undefined;
}

export async function readAll(io: CommandIo, file: string): Promise<Uint8Array> {
  if (file !== '-') {
    return readFile(file).catch((error: unknown) => {
      throw new VerbError(`error reading file ${file}: can't open ${file}: ${whyOf(error)}`);
    });
  }
  const parts: Uint8Array[] = [];
  for await (const piece of pieces(io, file, 65536)) parts.push(piece);
  return Buffer.concat(parts);
}

/** Why the system did not do it. */
export function whyOf(error: unknown): string {
  return errnoText((error as NodeJS.ErrnoException).errno ?? ERRNO.EIO);
}

/** Where `get` puts what it gets; `-` is standard output. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export async function openSink(io: CommandIo, file: string): Promise<Sink> {
  if (file === '-') return { write: (bytes) => writeTo(io.stdout, bytes), close: () => Promise.resolve() };
  const handle = await open(file, 'w');
  return {
    write: async (bytes) => void (await handle.write(bytes)),
    close: () => handle.close(),
  };
}

export function writeTo(out: Writable, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => out.write(bytes, (error) => (error ? reject(error) : resolve())));
}

export async function save(io: CommandIo, file: string | undefined, bytes: Uint8Array): Promise<void> {
  if (file === undefined || file === '-') await writeTo(io.stdout, bytes);
  else await writeFile(file, bytes);
}
