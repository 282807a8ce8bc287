/** True where the daemons and the `ceph` command are installed. */
export declare const hasCeph: boolean;

export interface RealCeph {
  /** Path of its ceph.conf. */
  conf: string;
  dir: string;
  fsid: string;
  /** Address vector of the mon. */
  monAddrs: string;
  /** Runs the `ceph` command; returns what it prints. */
  ceph(...args: string[]): string;
  /** Sends a signal to one daemon, as in `'mon.a'`. */
  signal(name: string, signal: NodeJS.Signals): void;
  /** Tells one daemon to end; resolves when it is gone. */
  end(name: string): Promise<void>;
  startMon(): void;
  stop(): void;
}

export declare function startCeph(options?: { port?: number; osd?: boolean; mds?: boolean }): RealCeph;
