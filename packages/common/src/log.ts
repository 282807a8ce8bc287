/**
 * Where log lines go. Levels are Ceph's: -1 error, 0 always, 1 what happened, 5, 10, 20 ever more detail.
 */
export interface LogSink {
  /** Is a line of this subsystem and level wanted? Ask before building an expensive message. */
  shouldGather(subsys: string, level: number): boolean;
  write(subsys: string, level: number, message: string): void;
}

/** Drops everything: a library does not speak unasked. */
export const nullLog: LogSink = { shouldGather: () => false, write: () => undefined };

/**
 * A sink that hands lines to a function.
 * @param maxLevel levels up to this one are gathered. @defaultValue 1
 */
export function functionLog(write: (subsys: string, level: number, message: string) => void, maxLevel = 1): LogSink {
  return { shouldGather: (_subsys, level) => level <= maxLevel, write };
}
