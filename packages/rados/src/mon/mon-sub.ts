import { CEPH_SUBSCRIBE_ONETIME } from '../messages/m-mon.js';
import type { MonSubscribeItem } from '../messages/m-mon.js';

/**
 * Which maps one wants, from which epoch on: what is to be asked for, and what the monitor has been asked for.
 *
 * @see src/mon/MonSub.cc (16.2.15)
 */
export class MonSub {
  #new = new Map<string, MonSubscribeItem>();
  #sent = new Map<string, MonSubscribeItem>();

  /** Is there anything to ask for? */
  get haveNew(): boolean {
    return this.#new.size > 0;
  }

  /** @returns false where that is asked for already */
  want(what: string, start: number, onetime = false): boolean {
    const flags = onetime ? CEPH_SUBSCRIBE_ONETIME : 0;
    const same = (item: MonSubscribeItem | undefined): boolean => item?.start === start && item.flags === flags;
    if (same(this.#new.get(what)) || (!this.#new.has(what) && same(this.#sent.get(what)))) return false;
    this.#new.set(what, { start, flags });
    return true;
  }

  /** As {@link want}, unless a later epoch is asked for already. */
  incWant(what: string, start: number, onetime = false): boolean {
    const known = this.#new.get(what) ?? this.#sent.get(what);
    if (known && known.start >= start) return false;
    this.#new.set(what, { start, flags: onetime ? CEPH_SUBSCRIBE_ONETIME : 0 });
    return true;
  }

  unwant(what: string): void {
    this.#new.delete(what);
    this.#sent.delete(what);
  }

  /** A map of that epoch has come: the next one is wanted, or none where one was. */
  got(what: string, epoch: number): void {
    const table = this.#new.has(what) ? this.#new : this.#sent;
    const item = table.get(what);
    if (!item || item.start > epoch) return;
    if ((item.flags & CEPH_SUBSCRIBE_ONETIME) !== 0) table.delete(what);
    else item.start = epoch + 1;
  }

  /** A new session knows nothing of what the last one was asked for. */
  reload(): boolean {
    for (const [what, item] of this.#sent) if (!this.#new.has(what)) this.#new.set(what, item);
    this.#sent = new Map();
    return this.haveNew;
  }

  /** What to ask for now; counts as asked for. */
  take(): Map<string, MonSubscribeItem> {
    const asked = this.#new;
    for (const [what, item] of asked) this.#sent.set(what, { ...item });
    this.#new = new Map();
    return asked;
  }
}
