import type { Message } from '@cephts/async-messenger';
import type { Uuid } from '@cephts/encoding';

/** What the Objecter wants of the monitors: a MonClient, or what stands for one in a simulation. */
export interface ObjecterMon {
  readonly globalId: number;
  readonly fsid: Uuid;
  /** Asks for maps of a kind from `start` on; `renewSubs` tells the monitor. @returns was anything new in it? */
  subWant(what: string, start: number, onetime?: boolean): unknown;
  /** A map of that epoch has come. */
  subGot(what: string, epoch: number): void;
  renewSubs(): void;
  sendMonMessage(m: Message): void;
  /** Epochs of a kind of map that the monitors have. */
  getVersion(map: string): Promise<{ newest: number; oldest: number }>;
}
