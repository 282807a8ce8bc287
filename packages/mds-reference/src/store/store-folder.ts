import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { CephError, ERRNO } from '@cephts/common';

/** Newest format of a folder that this code reads and writes. */
export const STORE_FORMAT = 1;

const MARKER = 'object-store.json';
const DATABASE = 'data.mdb';
const LOCK = 'object-store.lock';
const KIND = 'cephts-objects';
/** Where a meta page of LMDB has its magic, and what that is. */
const MAGIC_OFFSET = 24;
const MAGIC = 0xbeefc0de;
const MIN_SIZE = 8192;

interface Marker {
  kind: string;
  format: number;
  /** The database is not complete yet: the folder may be made anew. */
  creating: boolean;
}

function storeError(message: string, cause?: unknown): CephError {
  return new CephError('ERR_CEPH_STORE', message, { errno: ERRNO.EINVAL, cause });
}

/** Folders that this process has open; a lock file alone would not keep it from opening one twice. */
const openFolders = new Set<string>();

/**
 * The folder of an object store: what it was written by, whether it is whole, and that only one daemon has it.
 */
export class StoreFolder {
  readonly path: string;
  #locked = false;

  constructor(folder: string) {
    this.path = path.resolve(folder);
  }

  #file(name: string): string {
    return path.join(this.path, name);
  }

  get database(): string {
    return this.#file(DATABASE);
  }

  /**
   * Takes the folder: makes it where there is none, checks it where there is one. What is checked is not touched.
   *
   * @returns true where the database is to be made
   * @throws CephError `ERR_CEPH_STORE` (written by a newer version, damaged), `ERR_CEPH_STORE_BUSY`
   */
  take(): boolean {
    mkdirSync(this.path, { recursive: true });
    const fresh = this.#check();
    this.#lock();
    if (fresh) {
      this.#writeMarker(true);
      rmSync(this.database, { force: true });
    }
    return fresh;
  }

  /** The database is complete. */
  created(): void {
    this.#writeMarker(false);
  }

  release(): void {
    if (!this.#locked) return;
    this.#locked = false;
    openFolders.delete(this.path);
    rmSync(this.#file(LOCK), { force: true });
  }

  #check(): boolean {
    const marker = this.#readMarker();
    const has = existsSync(this.database);
    if (!marker) {
      if (has) throw this.damaged(`${DATABASE} is there but ${MARKER} is not`);
      return true;
    }
    if (marker.creating) return true;
    if (!has) throw this.damaged(`${DATABASE} is missing`);
    this.#checkDatabase();
    return false;
  }

  damaged(why: string, cause?: unknown): CephError {
    return storeError(`The object store in ${this.path} is damaged: ${why}. The folder is left as it is.`, cause);
  }

  #readMarker(): Marker | undefined {
    const file = this.#file(MARKER);
    if (!existsSync(file)) return undefined;
    let marker: Partial<Marker>;
    try {
      marker = JSON.parse(readFileSync(file, 'utf8')) as Partial<Marker>;
    } catch (error) {
      throw this.damaged(`${MARKER} makes no sense`, error);
    }
    if (marker?.kind !== KIND || !Number.isInteger(marker.format)) throw this.damaged(`${MARKER} makes no sense`);
    const format = marker.format as number;
    if (format > STORE_FORMAT) {
      throw storeError(
        `The object store in ${this.path} was written by a newer version (format ${format}, this one knows ${STORE_FORMAT}). ` +
          'The folder is left as it is.',
      );
    }
    return { kind: KIND, format, creating: marker.creating === true };
  }

  /** LMDB takes an empty file for a new database, and reading beyond the end of a cut one ends the process: so it is looked at first. */
  #checkDatabase(): void {
    const { size } = statSync(this.database);
    if (size < MIN_SIZE) throw this.damaged(`${DATABASE} has only ${size} bytes`);
    const head = Buffer.alloc(256);
    const fd = openSync(this.database, 'r');
    try {
      readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
    if (head.readUInt32LE(MAGIC_OFFSET) !== MAGIC) throw this.damaged(`${DATABASE} is no database`);
  }

  /**
   * Is the file as long as the database says?
   * @throws CephError `ERR_CEPH_STORE`
   */
  checkLength(pages: number, pageSize: number): void {
    const { size } = statSync(this.database);
    // pages that were given back in the same transaction need not have been written
    const slack = 16 * pageSize;
    if (size + slack < pages * pageSize) {
      throw this.damaged(`${DATABASE} has ${size} bytes where ${pages * pageSize} are needed`);
    }
  }

  #writeMarker(creating: boolean): void {
    const marker: Marker = { kind: KIND, format: STORE_FORMAT, creating };
    const temporary = this.#file(`${MARKER}.new`);
    writeFileSync(temporary, `${JSON.stringify(marker)}\n`);
    syncFile(temporary);
    renameSync(temporary, this.#file(MARKER));
    syncFile(this.path);
  }

  // ---- the lock

  /** A file that names the process. One whose process is gone is taken over. */
  #lock(): void {
    if (openFolders.has(this.path)) throw this.#busy('this process');
    const file = this.#file(LOCK);
    for (let tries = 0; tries < 3; tries++) {
      try {
        writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx' });
        openFolders.add(this.path);
        this.#locked = true;
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const [pid = '', start = ''] = readFileSync(file, 'utf8').trim().split(' ');
      if (isAlive(Number(pid), start)) throw this.#busy(`process ${pid}`);
      rmSync(file, { force: true });
    }
    throw this.#busy('another process');
  }

  #busy(who: string): CephError {
    return new CephError('ERR_CEPH_STORE_BUSY', `The object store in ${this.path} is in use by ${who}`, { errno: ERRNO.EBUSY });
  }
}

function syncFile(file: string): void {
  const fd = openSync(file, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** When a process began, where the platform tells: a number that was given to another process since is recognised by it. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  // a lock of this very process which it does not know of is a leftover of an earlier life of the number
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return start === '' || now === '' || now === start;
}
