import { C_SaferCond, ERRNO } from '@cephts/common';
import { MDS_INO_LOG_BACKUP_OFFSET, MDS_INO_LOG_OFFSET } from '../types/ceph-fs.js';
import { JOURNAL_FORMAT_RESILIENT } from './journal-header.js';
import { JournalPointer } from './journal-pointer.js';
import type { Journaler } from './journaler.js';
import type { MDLog } from './md-log.js';

/**
 * md_recov_open: finds the journal of the rank, cleans up after a change of format that was broken off, and changes the format where the
 * journal is older than `mds_journal_format`.
 *
 * @see MDLog::_recovery_thread in src/mds/MDLog.cc (16.2.15)
 */
export class LogRecovery {
  readonly #log: MDLog;

  constructor(log: MDLog) {
    this.#log = log;
  }

  /** @returns 0, or the errno that ends the boot; the log's journaler is set */
  async run(): Promise<number> {
    const { mds } = this.#log;
    const pointer = new JournalPointer();
    const loaded = await wait((done) => pointer.load(mds.objecter, mds.metadataPool, mds.whoami, done));
    if (loaded === -ERRNO.ENOENT) {
      pointer.front = MDS_INO_LOG_OFFSET + mds.whoami;
      const r = await this.#save(pointer);
      if (r < 0) return r;
    } else if (loaded < 0) {
      mds.clog('error', `failed to read JournalPointer: ${loaded}`);
      return loaded === -ERRNO.EINVAL ? -ERRNO.EINVAL : loaded;
    }
    if (pointer.back !== 0) {
      if (mds.isStandbyReplay()) return -ERRNO.EAGAIN;
      const r = await this.#eraseBack(pointer);
      if (r < 0) return r;
    }
    const journaler = this.#log.newJournaler(pointer.front);
    // so that a shutdown finds it while it recovers
    this.#log.setJournaler(journaler);
    const r = await wait((done) => journaler.recover(done));
    if (r < 0) {
      mds.clog('error', `error recovering journal 0x${pointer.front.toString(16)}: ${r}`);
      return r;
    }
    return this.#checkFormat(pointer, journaler);
  }

  #save(pointer: JournalPointer): Promise<number> {
    const { mds } = this.#log;
    return wait((done) => pointer.save(mds.objecter, mds.metadataPool, mds.whoami, done));
  }

  async #eraseBack(pointer: JournalPointer): Promise<number> {
    const { mds } = this.#log;
    mds.dout(1, `log: erasing the half-written journal 0x${pointer.back.toString(16)}`);
    const back = this.#log.newJournaler(pointer.back);
    const recovered = await wait((done) => back.recover(done));
    // a change of format may have been broken off before there was a head
    if (recovered < 0 && recovered !== -ERRNO.ENOENT) return recovered;
    const erased = await wait((done) => back.erase(done));
    back.shutdown();
    if (erased < 0 && erased !== -ERRNO.ENOENT) return erased;
    pointer.back = 0;
    return this.#save(pointer);
  }

  async #checkFormat(pointer: JournalPointer, journaler: Journaler): Promise<number> {
    const { mds } = this.#log;
    const wanted = mds.cct.conf.number('mds_journal_format');
    if (journaler.streamFormat > JOURNAL_FORMAT_RESILIENT) {
      mds.dout(0, `log: the journal has the unknown format ${journaler.streamFormat}`);
      return -ERRNO.EINVAL;
    }
    if (mds.isStandbyReplay() || journaler.streamFormat >= wanted) return 0;
    mds.dout(1, `log: the journal has the old format ${journaler.streamFormat}, changing it to ${wanted}`);
    return this.#reformat(pointer, journaler, wanted);
  }

  /** Copies the journal to the other inode in the new format, then swaps the two. A crash on the way leaves the old one in use. */
  async #reformat(pointer: JournalPointer, old: Journaler, format: number): Promise<number> {
    const { mds } = this.#log;
    const primary = MDS_INO_LOG_OFFSET + mds.whoami;
    pointer.back = pointer.front === primary ? MDS_INO_LOG_BACKUP_OFFSET + mds.whoami : primary;
    let r = await this.#save(pointer);
    if (r < 0) return r;
    const fresh = this.#log.newJournaler(pointer.back);
    fresh.setWriteable();
    fresh.create(old.layout, format);
    r = await wait((done) => fresh.writeHead(done));
    while (r === 0) {
      if (!old.isReadable()) {
        if (old.error < 0) r = old.error;
        else if (old.readPos >= old.writePos) break;
        else r = await wait((done) => old.waitForReadable(done));
        continue;
      }
      const entry = old.tryReadEntry();
      if (entry) fresh.appendEntry(entry);
    }
    if (r === 0) r = await wait((done) => fresh.flush(done));
    if (r < 0) return r;
    [pointer.front, pointer.back] = [pointer.back, pointer.front];
    r = await this.#save(pointer);
    if (r === 0) r = await wait((done) => old.erase(done));
    if (r < 0 && r !== -ERRNO.ENOENT) return r;
    pointer.back = 0;
    r = await this.#save(pointer);
    old.shutdown();
    fresh.setReadonly();
    this.#log.setJournaler(fresh);
    return r;
  }
}

function wait(begin: (done: C_SaferCond) => void): Promise<number> {
  const done = new C_SaferCond();
  begin(done);
  return done.wait();
}
