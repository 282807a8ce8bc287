import type { ConfigOption, ConfigType, ConfigValue } from '@cephts/common';
import { RADOS_OPTIONS } from '@cephts/rados';

type Row = readonly [name: string, type: ConfigType, value: ConfigValue, desc: string, extra?: Partial<ConfigOption>];

const K = 1024;
const M = 1024 * K;
const G = 1024 * M;

const daemon: readonly Row[] = [
  ['mds_data', 'str', '', 'folder of the embedded object store'],
  ['mds_beacon_interval', 'float', 4, 'seconds between beacons to the monitor', { min: 0.01 }],
  ['mds_beacon_grace', 'float', 15, 'seconds without an answer to a beacon after which the monitor counts as lagging', { min: 0 }],
  ['mds_heartbeat_grace', 'float', 15, 'seconds without a sign of life after which the MDS counts as stuck', { min: 0.1 }],
  ['mds_enforce_unique_name', 'bool', true, 'a daemon that boots replaces an older one of the same name'],
  ['mds_join_fs', 'str', '', 'file system the daemon would rather join'],
  ['mds_tick_interval', 'float', 5, 'seconds between ticks', { min: 0.01 }],
  ['mds_mon_shutdown_timeout', 'float', 5, 'seconds to wait for the monitor when the daemon ends', { min: 0 }],
  ['mds_task_status_update_interval', 'float', 2, 'seconds between reports of what long tasks are doing', { min: 0.01 }],
  ['mds_metrics_update_interval', 'float', 2, 'seconds between metrics messages to rank 0', { min: 0.01 }],
  ['mds_ping_interval', 'float', 5, 'seconds between pings of rank 0 to the other ranks', { min: 0.01 }],
  ['mds_ping_grace', 'secs', 15, 'seconds without an answer after which a rank counts as lagging'],
  ['mds_replay_interval', 'float', 1, 'seconds between replays of a standby that follows an active rank', { min: 0.01 }],
  ['mds_enable_op_tracker', 'bool', true, 'track operations in flight', { runtime: false }],
  ['mds_op_complaint_time', 'float', 30, 'seconds after which an operation counts as slow', { min: 0 }],
  ['mds_op_log_threshold', 'int', 5, 'slow operations to log at a time'],
  ['mds_op_history_size', 'uint', 20, 'finished operations to remember'],
  ['mds_op_history_duration', 'uint', 600, 'seconds to remember finished operations'],
  ['mds_action_on_write_error', 'uint', 1, 'when a write fails: 0 go on, 1 go read-only, 2 restart', { max: 2 }],
  ['mds_reconnect_timeout', 'float', 45, 'seconds to wait for clients after a restart', { min: 0 }],
  ['mds_session_blocklist_on_timeout', 'bool', true, 'blocklist clients that stay silent'],
  ['mds_session_blocklist_on_evict', 'bool', true, 'blocklist clients that are evicted'],
  ['mds_sessionmap_keys_per_op', 'uint', 1024, 'sessions to save in one operation', { min: 1 }],
  [
    'mds_session_cap_acquisition_decay_rate',
    'float',
    10,
    'seconds in which a session’s count of acquired caps halves',
    { min: 0.01 },
  ],
  ['mds_session_cap_acquisition_throttle', 'uint', 500_000, 'caps a session may acquire before its readdirs wait'],
  ['mds_session_max_caps_throttle_ratio', 'float', 1.1, 'share of mds_max_caps_per_client above which readdirs wait'],
  ['mds_cap_acquisition_throttle_retry_request_timeout', 'float', 0.5, 'seconds after which a throttled readdir is tried again'],
  [
    'mds_cap_revoke_eviction_timeout',
    'float',
    0,
    'seconds without answer to a revoke after which a client is evicted; 0: never',
    { min: 0 },
  ],
  ['mds_max_completed_requests', 'uint', 100_000, 'completed requests a session may leave unacknowledged'],
  ['mds_max_completed_flushes', 'uint', 100_000, 'completed flushes a session may leave unacknowledged'],
  ['mds_client_prealloc_inos', 'uint', 1000, 'inode numbers to hand to a session at a time'],
  ['mds_client_delegate_inos_pct', 'uint', 50, 'percentage of them the client may use by itself', { max: 100 }],
  ['mds_early_reply', 'bool', true, 'answer before the journal is durable'],
  ['mds_wipe_sessions', 'bool', false, 'forget all sessions after replay'],
  ['mds_wipe_ino_prealloc', 'bool', false, 'forget the inode numbers sessions hold after replay'],
  ['mds_skip_ino', 'uint', 0, 'inode numbers to skip after replay'],
  ['mds_root_ino_uid', 'int', 0, 'owner of the root folder of a new file system'],
  ['mds_root_ino_gid', 'int', 0, 'group of the root folder of a new file system'],
  ['mds_verify_scatter', 'bool', false, 'check sums of folders (debug)'],
  ['mds_dump_cache_on_map', 'bool', false, 'write the cache to the log at every map (debug)'],
  ['mds_dump_cache_threshold_formatter', 'size', G, 'largest cache that dump tree prints'],
  ['mds_kill_create_at', 'int', 0, 'crash point in bootCreate (debug)'],
  ['mds_max_scrub_ops_in_progress', 'uint', 5, 'scrub operations at a time'],
];

const cache: readonly Row[] = [
  ['mds_cache_memory_limit', 'size', 4 * G, 'memory the cache aims to stay below'],
  ['mds_cache_reservation', 'float', 0.05, 'share of that to keep free', { min: 0, max: 1 }],
  ['mds_cache_mid', 'float', 0.7, 'place in the LRU where entries enter', { min: 0, max: 1 }],
  ['mds_cache_trim_interval', 'float', 1, 'seconds between looks at what to trim', { min: 0.01 }],
  ['mds_cache_release_free_interval', 'float', 10, 'seconds between returns of free memory', { min: 0.01 }],
  ['mds_cache_trim_decay_rate', 'float', 1, 'seconds in which the count of trimmed entries halves', { min: 0.01 }],
  ['mds_cache_trim_threshold', 'size', 256 * K, 'entries to trim in that time'],
  ['mds_health_cache_threshold', 'float', 1.5, 'share of the limit above which health warns'],
  ['mds_max_file_size', 'uint', 2 ** 40, 'largest size of a file'],
  ['mds_max_file_recover', 'uint', 32, 'files whose size is probed at a time'],
  ['mds_dir_max_commit_size', 'int', 10, 'MiB of one dirfrag commit'],
  ['mds_dir_keys_per_op', 'int', 16384, 'dentries to read in one operation'],
  ['mds_max_retries_on_remount_failure', 'uint', 5, 'tries of a client to drop its cache'],
  ['mds_max_caps_per_client', 'uint', 1 * M, 'caps a client may hold'],
  ['mds_min_caps_per_client', 'uint', 100, 'caps a client may always keep'],
  ['mds_min_caps_working_set', 'uint', 10_000, 'caps below which a client is not asked for more'],
  ['mds_hack_allow_loading_invalid_metadata', 'bool', false, 'go on with metadata that makes no sense (debug)'],
  ['mds_recall_max_caps', 'size', 30_000, 'caps to ask a client back at a time'],
  ['mds_recall_max_decay_rate', 'float', 1.5, 'seconds in which that count halves', { min: 0.01 }],
  ['mds_recall_max_decay_threshold', 'size', 128 * K, 'caps to ask a client back in that time'],
  ['mds_recall_global_max_decay_threshold', 'size', 128 * K, 'caps to ask all clients back in that time'],
  ['mds_recall_warning_threshold', 'size', 256 * K, 'caps not given back at which health warns'],
  ['mds_recall_warning_decay_rate', 'float', 60, 'seconds in which that count halves', { min: 0.01 }],
  ['mds_default_dir_hash', 'int', 2, 'hash of dentry names: 2 is rjenkins'],
  ['mds_scatter_nudge_interval', 'float', 5, 'seconds until changed sums of a folder go up the tree', { min: 0 }],
  ['mds_dirstat_min_interval', 'float', 1, 'seconds between propagations of one folder’s sums', { min: 0 }],
  ['mds_freeze_tree_timeout', 'float', 30, 'seconds until a freeze of a tree is broken off', { min: 0 }],
  ['mds_defer_session_stale', 'bool', true, 'keep silent clients while the journal lags'],
  ['mds_forward_all_requests_to_auth', 'bool', false, 'never serve from a replica'],
  ['mds_max_snaps_per_dir', 'uint', 100, 'snapshots of one folder', { max: 4096 }],
  ['mds_alternate_name_max', 'size', 8192, 'longest alternate name'],
];

const journal: readonly Row[] = [
  ['mds_log_pause', 'bool', false, 'md_submit waits (debug)'],
  ['mds_log_skip_corrupt_events', 'bool', false, 'replay skips what it cannot decode'],
  ['mds_log_max_events', 'int', -1, 'events in the journal; -1: no bound'],
  ['mds_log_events_per_segment', 'int', 1024, 'events in one segment', { min: 1 }],
  ['mds_log_segment_size', 'size', 0, 'bytes in one segment; 0: the journal’s object size'],
  ['mds_log_max_segments', 'uint', 128, 'segments after which old ones are trimmed', { min: 8 }],
  ['mds_log_warn_factor', 'float', 2, 'times that many segments at which health warns', { min: 1 }],
  ['mds_journal_format', 'uint', 1, 'format of new journals: 1 has resilient envelopes', { max: 1 }],
  ['mds_log_max_expiring', 'int', 20, 'segments being expired at a time'],
  ['journaler_write_head_interval', 'int', 15, 'seconds between writes of a journal’s head'],
  ['journaler_prefetch_periods', 'uint', 10, 'objects to read ahead', { min: 2 }],
  ['journaler_prezero_periods', 'uint', 5, 'objects to clear ahead', { min: 2 }],
];

const purge: readonly Row[] = [
  ['mds_max_purge_files', 'uint', 64, 'files to purge at a time; 0: none for now'],
  ['mds_max_purge_ops', 'uint', 8192, 'purge operations at a time', { min: 1 }],
  ['mds_max_purge_ops_per_pg', 'float', 0.5, 'purge operations at a time for each placement group'],
  [
    'mds_purge_queue_busy_flush_period',
    'float',
    1,
    'seconds after which a purge journal that cannot be consumed is flushed',
    { min: 0 },
  ],
  ['filer_max_purge_ops', 'uint', 10, 'objects of one file to delete at a time', { min: 1 }],
];

const balancer: readonly Row[] = [
  ['mds_bal_interval', 'int', 10, 'seconds between balancing epochs'],
  ['mds_bal_fragment_interval', 'int', 5, 'seconds until a folder is split or merged'],
  ['mds_bal_fragment_size_max', 'int', 100_000, 'entries a fragment may have at the most'],
  ['mds_bal_fragment_fast_factor', 'float', 1.5, 'times the split size at which a folder is split at once'],
  ['mds_bal_fragment_dirs', 'bool', true, 'split large folders'],
  ['mds_bal_split_size', 'int', 10_000, 'entries from which a fragment is split'],
  ['mds_bal_split_rd', 'float', 25_000, 'reads from which a fragment is split'],
  ['mds_bal_split_wr', 'float', 10_000, 'writes from which a fragment is split'],
  ['mds_bal_split_bits', 'int', 3, 'bits by which it is split', { min: 1, max: 24 }],
  ['mds_bal_merge_size', 'int', 50, 'entries below which fragments are merged'],
  ['mds_bal_sample_interval', 'float', 3, 'seconds between samples of a folder’s temperature'],
  ['mds_bal_export_pin', 'bool', true, 'honour export pins'],
  ['mds_bal_target_decay', 'float', 10, 'seconds in which an export target’s count halves'],
  ['mds_bal_max', 'int', -1, 'balancing epochs; -1: no bound'],
  ['mds_bal_mode', 'int', 0, 'what load is measured by'],
  ['mds_decay_halflife', 'float', 5, 'seconds in which popularity halves'],
];

const messenger: readonly Row[] = [
  ['ms_type', 'str', 'async+posix', 'kind of messenger', { runtime: false }],
  ['ms_bind_ipv4', 'bool', true, 'bind an IPv4 address'],
  ['ms_bind_ipv6', 'bool', false, 'bind an IPv6 address'],
  ['ms_bind_port_min', 'int', 6800, 'first port to try'],
  ['ms_bind_port_max', 'int', 7300, 'last port to try'],
  ['ms_bind_retry_count', 'int', 3, 'times to try all ports again'],
  ['ms_bind_retry_delay', 'int', 5, 'seconds between those'],
  ['ms_async_op_threads', 'uint', 3, 'msgr-worker threads; 0: event centers run in the main isolate', { max: 24, runtime: false }],
  ['ms_dispatch_throttle_bytes', 'size', 100 * M, 'bytes of messages that wait for dispatch'],
  ['ms_pq_max_tokens_per_priority', 'uint', 16 * M, 'tokens of a dispatch queue’s priority'],
  ['ms_pq_min_cost', 'uint', 64 * K, 'least cost of a message there'],
  ['ms_die_on_unhandled_msg', 'bool', false, 'crash on a message nobody handles (debug)'],
  ['ms_initial_backoff', 'float', 0.2, 'seconds until the second try to connect', { min: 0 }],
  ['ms_max_backoff', 'float', 15, 'most seconds between tries to connect', { min: 0 }],
  ['ms_connection_ready_timeout', 'uint', 10, 'seconds a handshake may take'],
  ['ms_connection_idle_timeout', 'uint', 900, 'seconds until a silent connection counts as broken'],
  ['ms_crc_data', 'bool', true, 'checksum data'],
  ['ms_crc_header', 'bool', true, 'checksum headers'],
  ['ms_tcp_nodelay', 'bool', true, 'send small frames at once'],
  ['ms_tcp_listen_backlog', 'int', 512, 'connections that wait to be accepted'],
  ['ms_max_accept_failures', 'int', 4, 'failures to accept after which the process ends'],
  ['ms_inject_socket_failures', 'uint', 0, 'break one of that many socket operations (debug)'],
];

const objecter: readonly Row[] = [
  ['objecter_tick_interval', 'float', 5, 'seconds between looks at laggy operations', { min: 0.01 }],
  ['objecter_timeout', 'float', 10, 'seconds until an operation counts as laggy', { min: 0.01 }],
  ['objecter_inflight_ops', 'uint', 1024, 'operations in flight'],
  ['objecter_inflight_op_bytes', 'size', 100 * M, 'bytes in flight'],
  ['osd_op_complaint_time', 'float', 30, 'seconds until metadata I/O counts as slow', { min: 0 }],
];

const process: readonly Row[] = [
  ['log_file', 'str', '', 'file for log lines; none: standard error'],
  ['log_max_new', 'uint', 1000, 'lines that wait for the log thread before producers do', { min: 1 }],
  ['log_max_recent', 'uint', 500, 'lines kept for a dump of the recent past', { min: 1 }],
  ['log_to_file', 'bool', true, 'write lines to log_file'],
  ['log_to_stderr', 'bool', true, 'write lines to standard error where there is no log_file'],
  ['log_stop_at_utilization', 'float', 0.97, 'share of a full disk at which lines are dropped', { min: 0, max: 1 }],
  ['heartbeat_interval', 'int', 5, 'seconds between looks of the service thread; 0: only when woken', { min: 0 }],
  ['heartbeat_file', 'str', '', 'file touched at each look while everything is healthy'],
  ['admin_socket', 'str', '', 'unix socket for commands; none: no admin socket', { runtime: false }],
  ['debug_mds', 'str', '1/1', 'level of log lines of the MDS'],
  ['debug_ms', 'str', '0/0', 'level of log lines of the messenger'],
  ['debug_mon', 'str', '1/1', 'level of log lines of the monitor'],
  ['debug_monc', 'str', '0/0', 'level of log lines of the monitor client'],
  ['debug_objecter', 'str', '0/0', 'level of log lines of the objecter'],
  ['debug_journaler', 'str', '0/0', 'level of log lines of journals'],
  ['debug_asok', 'str', '1/1', 'level of log lines of the admin socket'],
  ['debug_heartbeatmap', 'str', '1/1', 'level of log lines of the watchdog'],
  ['debug_finisher', 'str', '1/1', 'level of log lines of finishers'],
  ['debug_timer', 'str', '0/0', 'level of log lines of timers'],
];

/**
 * Every option of the daemon, with Ceph's name and default.
 *
 * @see src/common/options.cc (16.2.15)
 */
export const MDS_OPTIONS: readonly ConfigOption[] = [
  ...[...process, ...daemon, ...cache, ...journal, ...purge, ...balancer, ...messenger, ...objecter].map(
    ([name, type, value, desc, extra]) => ({ name, type, default: value, desc, ...extra }),
  ),
  ...RADOS_OPTIONS,
];
