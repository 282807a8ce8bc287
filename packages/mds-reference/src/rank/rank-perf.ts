import type { PerfCounterSpec, PerfCounterType } from '@cephts/common';

type Row = readonly [key: string, type: PerfCounterType, description: string, nick?: string, priority?: number];

const spec = ([key, type, description, nick, priority]: Row): PerfCounterSpec => ({
  key,
  type,
  description,
  ...(nick === undefined ? {} : { nick }),
  ...(priority === undefined ? {} : { priority }),
});

/**
 * The counters `mds`.
 *
 * @see MDSRank::create_logger in src/mds/MDSRank.cc (16.2.15)
 */
export const MDS_PERF: readonly PerfCounterSpec[] = (
  [
    ['request', 'counter', 'Requests', 'req', 10],
    ['reply', 'counter', 'Replies', 'rlat', 5],
    ['reply_latency', 'timeavg', 'Reply latency', 'rlat', 10],
    ['slow_reply', 'counter', 'Slow replies', 'slr', 5],
    ['forward', 'counter', 'Forwarding request', 'fwd', 8],
    ['dir_fetch', 'counter', 'Directory fetch'],
    ['dir_commit', 'counter', 'Directory commit'],
    ['dir_split', 'counter', 'Directory split'],
    ['dir_merge', 'counter', 'Directory merge'],
    ['inodes', 'gauge', 'Inodes', 'inos', 10],
    ['inodes_top', 'gauge', 'Inodes on top'],
    ['inodes_bottom', 'gauge', 'Inodes on bottom'],
    ['inodes_pin_tail', 'gauge', 'Inodes on pin tail'],
    ['inodes_pinned', 'gauge', 'Inodes pinned'],
    ['inodes_expired', 'counter', 'Inodes expired'],
    ['inodes_with_caps', 'gauge', 'Inodes with capabilities'],
    ['caps', 'gauge', 'Capabilities', 'caps', 10],
    ['subtrees', 'gauge', 'Subtrees'],
    ['traverse', 'counter', 'Traverses'],
    ['traverse_hit', 'counter', 'Traverse hits'],
    ['traverse_forward', 'counter', 'Traverse forwards'],
    ['traverse_discover', 'counter', 'Traverse directory discovers'],
    ['traverse_dir_fetch', 'counter', 'Traverse incomplete directory content fetchings'],
    ['traverse_remote_ino', 'counter', 'Traverse remote dentries'],
    ['traverse_lock', 'counter', 'Traverse locks'],
    ['load_cent', 'gauge', 'Load per cent'],
    ['q', 'gauge', 'Dispatch queue length'],
    ['exported', 'counter', 'Exports'],
    ['exported_inodes', 'counter', 'Exported inodes', 'exi', 8],
    ['imported', 'counter', 'Imports'],
    ['imported_inodes', 'counter', 'Imported inodes', 'imi', 8],
    ['openino_dir_fetch', 'counter', 'OpenIno incomplete directory fetchings'],
    ['openino_backtrace_fetch', 'counter', 'OpenIno backtrace fetchings'],
    ['openino_peer_discover', 'counter', 'OpenIno peer inode discovers'],
    ['root_rfiles', 'gauge', 'root inode rfiles'],
    ['root_rbytes', 'gauge', 'root inode rbytes'],
    ['root_rsnaps', 'gauge', 'root inode rsnaps'],
  ] as const satisfies readonly Row[]
).map(spec);

const index = (key: string): number => MDS_PERF.findIndex((row) => row.key === key);

/** Indices of the counters `mds` that each request counts in. */
export const RankPerf = { request: index('request'), reply: index('reply'), replyLatency: index('reply_latency') } as const;

/** The counters `mds_mem`. */
export const MDS_MEM_PERF: readonly PerfCounterSpec[] = (
  [
    ['ino', 'gauge', 'Inodes', 'ino', 8],
    ['ino+', 'counter', 'Inodes opened'],
    ['ino-', 'counter', 'Inodes closed'],
    ['dir', 'gauge', 'Directories'],
    ['dir+', 'counter', 'Directories opened'],
    ['dir-', 'counter', 'Directories closed'],
    ['dn', 'gauge', 'Dentries', 'dn', 8],
    ['dn+', 'counter', 'Dentries opened'],
    ['dn-', 'counter', 'Dentries closed'],
    ['cap', 'gauge', 'Capabilities'],
    ['cap+', 'counter', 'Capabilities added'],
    ['cap-', 'counter', 'Capabilities removed'],
    ['rss', 'gauge', 'RSS'],
    ['heap', 'gauge', 'Heap size'],
  ] as const satisfies readonly Row[]
).map(spec);
