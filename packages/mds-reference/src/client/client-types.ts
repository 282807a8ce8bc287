import type { NetworkStack } from '@cephts/async-messenger';
import type { UTime } from '@cephts/encoding';
import type { CephConf } from '@cephts/rados';

/** Seconds and nanoseconds since 1970. */
export type Time = Pick<UTime, 'sec' | 'nsec'>;

/** Attributes of one entry, as the MDS last told them. */
export interface ClientStat {
  ino: number;
  /** st_mode, type bits included. */
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  /** Bytes; for a directory the number of its entries. */
  size: number;
  rdev: number;
  mtime: Time;
  atime: Time;
  ctime: Time;
  btime: Time;
  /** Target of a symbolic link. */
  symlink: string | undefined;
  xattrs: ReadonlyMap<string, Uint8Array>;
}

/** Attributes to set; what is left out stays. */
export interface ClientAttrs {
  /** Permission bits only. */
  mode?: number;
  uid?: number;
  gid?: number;
  size?: number;
  mtime?: Time;
  atime?: Time;
}

/** Options of `CephFsClient.connect`: it wants `monAddr` or `conf`. */
export interface CephFsClientOptions {
  /** The monitor of an MDS that runs by itself: HOST:PORT, as `cephts-mds run --embedded` prints it. */
  monAddr?: string;
  /** The configuration of a cluster: its monitors, who the client is, where its key is. */
  conf?: CephConf;
  /** The network to work on, as a SimulatedNetwork gives them out. @defaultValue the machine's */
  stack?: NetworkStack;
  /** User and group that requests are made as. @defaultValue 0, root */
  uid?: number;
  gid?: number;
  /** Resolve each change only with its safe reply, when it is durable; otherwise with the first (unsafe) one. @defaultValue false */
  durable?: boolean;
  /** Time in ms to find the monitor and open a session. @defaultValue 30000 */
  timeout?: number;
}
