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

/** Runs one seed with the packages given, from sources or from a build. */
export function simulate(
  lib: { common: object; encoding: object; messenger: object },
  seed: number,
  options?: { keepHistory?: boolean },
): Promise<SimulationResult>;
