import type { MDSMap } from '../types/mds-map.js';

/** What the rest of the MDS uses of the beacon. */
export interface Beacon {
  readonly wantState: number;
  isLaggy(): boolean;
  setWantState(mdsmap: MDSMap, state: number): void;
  send(): void;
}
