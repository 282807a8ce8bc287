import type { Connection } from '@cephts/async-messenger';
import type { MOSDBackoff } from '../messages/osd/m-osd-backoff.js';
import type { HObject } from '../osdmap/hobject.js';
import type { SpgId } from '../osdmap/pg.js';
import type { ObjecterOp } from './objecter-op.js';

/** Operations on these objects are to wait. */
interface Backoff {
  id: number;
  pgid: SpgId;
  begin: HObject;
  end: HObject;
}

/** What is under way with one OSD; number −1 has what no OSD can take now. */
export class OsdSession {
  readonly osd: number;
  con: Connection | undefined = undefined;
  /** By tid, in that order but for what was sent again. */
  readonly ops: Map<number, ObjecterOp> = new Map();
  readonly #backoffs: Backoff[] = [];

  constructor(osd: number) {
    this.osd = osd;
  }

  get isHomeless(): boolean {
    return this.osd < 0;
  }

  /** In the order they were handed in. */
  opsInOrder(): ObjecterOp[] {
    return [...this.ops.values()].sort((a, b) => a.tid - b.tid);
  }

  /** The OSD has forgotten them, as it has the connection. */
  clearBackoffs(): void {
    this.#backoffs.length = 0;
  }

  addBackoff({ id, pgid, begin, end }: MOSDBackoff): void {
    this.#backoffs.push({ id, pgid, begin, end });
  }

  /** @returns was there one? */
  removeBackoff({ id, pgid }: MOSDBackoff): boolean {
    const at = this.#backoffs.findIndex((backoff) => backoff.id === id && backoff.pgid.equals(pgid));
    if (at >= 0) this.#backoffs.splice(at, 1);
    return at >= 0;
  }

  get hasBackoffs(): boolean {
    return this.#backoffs.length > 0;
  }

  /** Is there one that holds this object's operations up? A range of one object has itself at both ends. */
  holdsBack(pgid: SpgId, object: HObject): boolean {
    return this.#backoffs.some(
      (backoff) =>
        backoff.pgid.equals(pgid) &&
        (object.compare(backoff.begin) === 0 || (object.compare(backoff.begin) >= 0 && object.compare(backoff.end) < 0)),
    );
  }
}
