// A log that takes records at once and tells each one's writer when it is on disk. Records that come while a write is under way go together
// in the next one, with one fsync (group commit). The finisher tells the writers: in the order of the records, never on the stack of
// `append` nor in the middle of a write, a few milliseconds at a time, so that a thousand acknowledgements do not hold up the next write.
import { open } from 'node:fs/promises';
import { Finisher } from '@cephts/finisher';

const EIO = 5;

export class WriteBehindLog {
  #file;
  #pending = [];
  #writing;
  #failed = false;
  #finisher;
  writes = 0;

  /** @param {string} path @param {import('@cephts/finisher').FinisherOptions} [options] of the finisher */
  static async open(path, options) {
    const log = new WriteBehindLog();
    log.#file = await open(path, 'a');
    log.#finisher = new Finisher(undefined, { threadName: 'log_finisher', ...options });
    log.#finisher.start();
    return log;
  }

  /**
   * Takes a record.
   *
   * @param {unknown} record anything that JSON can say
   * @param {(r: number) => unknown} onSafe told 0 once the record is on disk, -EIO when it could not be written
   */
  append(record, onSafe) {
    this.#pending.push({ line: `${JSON.stringify(record)}\n`, onSafe });
    this.#writing ??= this.#write();
  }

  async #write() {
    await undefined; // what is appended in this turn of the event loop goes along
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      const r = await this.#writeBatch(batch.map(({ line }) => line).join(''));
      for (const { onSafe } of batch) this.#finisher.queue(onSafe, r);
    }
    this.#writing = undefined;
  }

  /** @returns 0, or -EIO; after one failure nobody can say what is in the file, so nothing more is written */
  async #writeBatch(text) {
    if (this.#failed) return -EIO;
    try {
      this.writes++;
      await this.#file.write(text);
      await this.#file.datasync();
      return 0;
    } catch {
      this.#failed = true;
      return -EIO;
    }
  }

  /** Makes the file's end known to be broken; for tests. */
  async breakDisk() {
    await this.#file.close();
  }

  /** Writes what is pending, tells everyone, and closes. */
  async close() {
    await this.#writing;
    await this.#finisher.close();
    if (!this.#failed) await this.#file.close();
  }
}

/** The records of a log's text; one that a crash cut short at the end is left out. */
export function parseLog(text) {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}
