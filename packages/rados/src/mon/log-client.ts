import type { CephContext } from '@cephts/common';
import { UTime } from '@cephts/encoding';
import type { AuthEntityName, EntityAddrVec, EntityName, Uuid } from '@cephts/encoding';
import { CLOG, LogEntry, MLog } from '../messages/m-log.js';
import type { MLogAck } from '../messages/m-log.js';

const PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['debug', CLOG.DEBUG],
  ['info', CLOG.INFO],
  ['sec', CLOG.SEC],
  ['warn', CLOG.WARN],
  ['error', CLOG.ERROR],
]);

/** How serious a line is. */
export type ClogLevel = 'debug' | 'info' | 'sec' | 'warn' | 'error';

/** Lines kept while no monitor takes them; the oldest go first. */
const MAX_PENDING = 10_000;

/**
 * Lines for the cluster log that the monitors have not acknowledged yet.
 *
 * @see src/common/LogClient.cc (16.2.15)
 */
export class LogClient {
  readonly #cct: CephContext;
  readonly #name: AuthEntityName;
  #lines: LogEntry[] = [];
  #lastSeq = 0;
  #lastSent = 0;

  constructor(cct: CephContext, name: AuthEntityName) {
    this.#cct = cct;
    this.#name = name;
  }

  queue(level: ClogLevel, msg: string, rank: EntityName, addrs: EntityAddrVec, channel = 'cluster'): void {
    const entry = new LogEntry();
    entry.name = this.#name;
    entry.rank = rank;
    entry.addrs = addrs;
    entry.stamp = UTime.fromMillis(this.#cct.clock.now());
    entry.seq = ++this.#lastSeq;
    entry.prio = PRIORITIES.get(level) ?? CLOG.INFO;
    entry.msg = msg;
    entry.channel = channel;
    this.#lines.push(entry);
    if (this.#lines.length > MAX_PENDING) this.#lines.shift();
  }

  /** @param again those too that were sent in a session that is gone */
  message(fsid: Uuid, again: boolean): MLog | undefined {
    if (again) this.#lastSent = 0;
    const most = this.#cct.conf.number('mon_client_max_log_entries_per_message');
    const entries = this.#lines.filter(({ seq }) => seq > this.#lastSent).slice(0, most);
    if (entries.length === 0) return undefined;
    this.#lastSent = (entries.at(-1) as LogEntry).seq;
    return new MLog(fsid, entries);
  }

  /** Are there lines that were not sent? */
  get hasMore(): boolean {
    return this.#lastSent < this.#lastSeq;
  }

  handleAck({ last }: MLogAck): void {
    this.#lines = this.#lines.filter(({ seq }) => seq > last);
  }
}
