/** What one seed gave. */
export interface SimulationResult {
  seed: number;
  kind: string;
  /** Broken rules; empty for a good history. */
  problems: string[];
  /** What happened, where it was asked for. */
  history: string[];
  /** Messages dispatched. */
  delivered: number;
}

/** How often each state, frame and decision of the session layer was reached. */
export class Coverage {
  /** Names and counts. */
  entries(): [string, number][];
  /** Names of what was never reached. */
  missing(): string[];
}

/** Runs one seed with the packages given, from sources or from a build. What it reached is added to `coverage`. */
export function simulate(
  lib: { common: object; encoding: object; messenger: object },
  seed: number,
  options?: { keepHistory?: boolean; coverage?: Coverage },
): Promise<SimulationResult>;
