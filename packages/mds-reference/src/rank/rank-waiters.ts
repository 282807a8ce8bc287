import type { Completion } from '@cephts/common';

/** Who waits for a state of the rank. */
export class RankWaiters {
  readonly replay: Completion[] = [];
  readonly reconnect: Completion[] = [];
  readonly rejoin: Completion[] = [];
  readonly active: Completion[] = [];
  /** Requests of clients that lost their reply: they run again in clientreplay, one after the other. */
  readonly replayQueue: Completion[] = [];
  readonly #mdsmap = new Map<number, Completion[]>();
  readonly #activePeer = new Map<number, Completion[]>();

  /** `c` waits for a map of at least `epoch`. */
  addMdsmap(epoch: number, c: Completion): void {
    add(this.#mdsmap, epoch, c);
  }

  /** `c` waits for the rank to be active; −1: for the whole cluster to be so. */
  addActivePeer(rank: number, c: Completion): void {
    add(this.#activePeer, rank, c);
  }

  /** Those that waited for a map of this epoch or an older one. */
  takeMdsmap(epoch: number): Completion[] {
    const taken: Completion[] = [];
    for (const [at, list] of this.#mdsmap) {
      if (at > epoch) continue;
      this.#mdsmap.delete(at);
      taken.push(...list);
    }
    return taken;
  }

  takeActivePeer(rank: number): Completion[] {
    const list = this.#activePeer.get(rank) ?? [];
    this.#activePeer.delete(rank);
    return list;
  }
}

function add(map: Map<number, Completion[]>, key: number, c: Completion): void {
  const list = map.get(key);
  if (list) list.push(c);
  else map.set(key, [c]);
}
