import type { Writable } from 'node:stream';

/** Ms that work takes before anybody is told of it, and between two times. */
const PATIENCE = 1000;
const PACE = 200;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const CLEAR = '\r\x1b[K';

/**
 * Tells a person how far a long transfer is, in one line on standard error that is gone in the end. Where standard error is no terminal it says
 * nothing: scripts see what `rados` prints, and no more.
 */
export class TransferProgress {
  readonly #out: Writable;
  readonly #what: string;
  readonly #now: () => number;
  readonly #begin: number;
  /** Bytes there are, where that is known. */
  total: number | undefined = undefined;
  #done = 0;
  #toldAt: number | undefined = undefined;

  /** @param what as in `put name` */
  constructor(out: Writable, what: string, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#what = what;
    this.#now = now;
    this.#begin = now();
  }

  /** Is there somebody to see it? */
  get isSeen(): boolean {
    return (this.#out as Writable & { isTTY?: boolean }).isTTY === true;
  }

  /** So many bytes more are done. */
  add(bytes: number): void {
    this.#done += bytes;
    const now = this.#now();
    if (!this.isSeen || now - this.#begin < PATIENCE || (this.#toldAt !== undefined && now - this.#toldAt < PACE)) return;
    this.#toldAt = now;
    const { total } = this;
    const share = total === undefined ? '' : ` of ${inUnits(total)} (${Math.floor((100 * this.#done) / Math.max(1, total))} %)`;
    const rate = inUnits((this.#done * 1000) / (now - this.#begin));
    this.#out.write(`${CLEAR}${this.#what}: ${inUnits(this.#done)}${share}, ${rate}/s`);
  }

  /** What is transferred in pieces: each is told of when it is done with, and the line is gone when all are, or when one fails. */
  async *of<Piece extends Uint8Array>(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
    try {
      for await (const piece of pieces) {
        yield piece;
        this.add(piece.length);
      }
    } finally {
      this.end();
    }
  }

  /** Nothing more comes: takes its line away. */
  end(): void {
    if (this.#toldAt !== undefined) this.#out.write(CLEAR);
  }
}

function inUnits(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] as string}`;
}
