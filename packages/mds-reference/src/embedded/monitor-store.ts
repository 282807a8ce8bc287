import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CephError, ERRNO } from '@cephts/common';

/** What the monitor must not forget. */
export interface MonitorState {
  /** Format of this record. */
  format: 1;
  /** The cluster's id, as text. */
  fsid: string;
  /** Newest epoch that was given to anyone. */
  epoch: number;
  /** Next id for a daemon or a client. */
  nextGlobalId: number;
  /** Was rank 0 created? If so, the next to take it replays its journal. */
  created: boolean;
}

/** Where a {@link MonitorState} lives. */
export interface MonitorStore {
  load(): MonitorState | undefined;
  save(state: MonitorState): void;
}

/** Keeps the state for as long as the object lives. */
export class MemoryMonitorStore implements MonitorStore {
  #state: MonitorState | undefined;

  load(): MonitorState | undefined {
    return this.#state;
  }

  save(state: MonitorState): void {
    this.#state = { ...state };
  }
}

const FILE = 'monitor.json';

function damaged(file: string, why: string): CephError {
  return new CephError('ERR_CEPH_STORE', `${file} ${why}; the data folder is left as it is`, { errno: ERRNO.EINVAL });
}

/** Keeps the state in a file of the data folder, replaced as a whole. */
export class FileMonitorStore implements MonitorStore {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = path.join(dataDir, FILE);
  }

  /** @throws CephError `ERR_CEPH_STORE` when the file is damaged, or of a newer format */
  load(): MonitorState | undefined {
    if (!existsSync(this.#file)) return undefined;
    let state: Partial<MonitorState> & { format?: number };
    try {
      state = JSON.parse(readFileSync(this.#file, 'utf8')) as typeof state;
    } catch {
      throw damaged(this.#file, 'is damaged: it is no JSON');
    }
    if (typeof state !== 'object' || state === null || !Number.isInteger(state.format))
      throw damaged(this.#file, 'is damaged: it names no format');
    if (state.format !== 1) throw damaged(this.#file, `was written by a newer version (format ${state.format}; this one knows 1)`);
    const { fsid, epoch, nextGlobalId, created } = state;
    const sound =
      typeof fsid === 'string' && Number.isSafeInteger(epoch) && Number.isSafeInteger(nextGlobalId) && typeof created === 'boolean';
    if (!sound) throw damaged(this.#file, 'is damaged: fields are missing or of the wrong kind');
    return state as MonitorState;
  }

  save(state: MonitorState): void {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    const temporary = `${this.#file}.new`;
    const fd = openSync(temporary, 'w');
    try {
      writeFileSync(fd, `${JSON.stringify(state, null, 2)}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, this.#file);
  }
}
