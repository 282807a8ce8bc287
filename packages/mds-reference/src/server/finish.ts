import { MDSLogContext } from '../rank/mds-context.js';
import type { MDSRank } from '../rank/mds-rank.js';

/**
 * Follows when a request's journal entry is safe.
 *
 * @see ServerLogContext in src/mds/Server.cc (16.2.15)
 */
export class ServerLogContext extends MDSLogContext {
  readonly #finish: () => void;

  constructor(mds: MDSRank, finish: () => void) {
    super(mds);
    this.#finish = finish;
  }

  override finish(_r: number): void {
    this.#finish();
  }
}
