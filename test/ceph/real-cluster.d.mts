import type { ChildProcess } from 'node:child_process';

/** Whether all of these can be run. */
export declare function areInstalled(...commands: string[]): boolean;

/** True where the daemons and the commands `ceph` and `rados` are installed. */
export declare const hasCeph: boolean;

export interface RealClusterOptions {
  /** Monitors take two ports each from here on, all others those from 100 on. All are moved by the environment's `CEPHTS_PORT_SHIFT`. */
  port: number;
  /** @defaultValue 1 */
  mons?: number;
  /** With any there is a manager too. @defaultValue 0 */
  osds?: number;
  /** @defaultValue `'memstore'` */
  store?: 'memstore' | 'bluestore';
  /** Make the pools `meta` and `data`, and a file system of them. @defaultValue false */
  fs?: boolean;
  /** @defaultValue `'cephx'` */
  auth?: 'cephx' | 'none';
  /** Mode of every connection. @defaultValue as Ceph's: secure to monitors, crc elsewhere */
  mode?: 'crc' | 'secure';
  /** Further lines of ceph.conf. */
  conf?: string;
}

/**
 * A real Ceph on loopback, where Debian's is installed: for the interop tests, and as a rival in benchmarks. Every daemon is a child of this
 * process, has a name as in `'osd.0'`, and can be killed, stopped and started by itself.
 */
export declare class RealCluster {
  /** Resolves when there is a quorum, every OSD is up, and the manager is active. */
  static start<Options, Cluster extends RealCluster>(this: new (options: Options) => Cluster, options: Options): Promise<Cluster>;
  /** Starts nothing: for {@link RealCluster.start}. */
  constructor(options: RealClusterOptions);

  /** Where all of it lies. */
  readonly dir: string;
  /** Path of its ceph.conf. */
  readonly conf: string;
  readonly keyring: string;
  readonly fsid: string;
  /** Names of the monitors, as in `'a'`. */
  readonly mons: readonly string[];
  /** Address vectors of the monitors. */
  readonly monAddrs: string;

  /** Resolves when it listens. */
  startMon(mon: string): Promise<void>;
  /** Resolves when the OSD is up; its predecessor may still be ending. */
  startOsd(osd: number): Promise<void>;
  /** Starts a C++ ceph-mds; its key is made the first time. @param args further ones of its command line */
  startMds(name: string, ...args: string[]): ChildProcess;
  /** Makes the key of an MDS, unless there is one. */
  addMdsKey(name: string): void;
  /** Makes a key, unless there is one. @param caps in pairs, as in `'mon', 'allow r'` */
  addKey(name: string, ...caps: string[]): void;
  /** Starts any other process that ends with the cluster. */
  spawn(name: string, command: string, ...args: string[]): ChildProcess;

  /** The process of a daemon, while it runs. */
  daemon(name: string): ChildProcess | undefined;
  /** @throws Error where it does not run */
  signal(name: string, signal: NodeJS.Signals): void;
  /** Ends a daemon; resolves when it is gone. @defaultValue signal: `'SIGTERM'` */
  end(name: string, signal?: NodeJS.Signals): Promise<void>;

  /** Runs `ceph`; what it printed. @throws Error where it fails, as the others do */
  ceph(...args: string[]): string;
  /** As {@link ceph}, with what is in the JSON. */
  json(...args: string[]): unknown;
  /** As {@link ceph}, while this process goes on. */
  cephMeanwhile(...args: string[]): Promise<string>;
  /** Runs `rados`; what it printed. */
  rados(...args: string[]): string;
  /** Runs another of Ceph's commands; what it printed. */
  tool(command: string, ...args: string[]): string;
  /** As {@link tool}, while this process goes on. */
  toolMeanwhile(command: string, ...args: string[]): Promise<string>;
  /** Runs a script with Ceph's bindings for Python, whose first argument is ceph.conf; what it printed. */
  python(script: string, ...args: string[]): string;

  /** Asks until it is so. @param problem what is thrown after so many seconds */
  until(done: () => boolean | Promise<boolean>, problem: string | (() => string), seconds?: number): Promise<void>;
  /** Resolves when every placement group is active and clean. */
  clean(): Promise<void>;
  /** Kills what was started, and removes the folder. */
  stop(): Promise<void>;
}
