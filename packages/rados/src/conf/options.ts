import type { ConfigOption, ConfigType, ConfigValue } from '@cephts/common';

type Row = readonly [name: string, type: ConfigType, value: ConfigValue, desc: string, extra?: Partial<ConfigOption>];

const ROWS: readonly Row[] = [
  ['name', 'str', 'client.admin', 'entity name', { runtime: false }],
  ['cluster', 'str', 'ceph', 'name of the cluster', { runtime: false }],
  ['fsid', 'str', '', 'id of the cluster; none: that of the monitors found', { runtime: false }],
  ['host', 'str', '', 'host name', { runtime: false }],
  ['mon_host', 'str', '', 'monitors to begin with: addresses, address vectors or host names', { runtime: false }],
  ['mon_host_override', 'str', '', 'monitors to begin with instead of those', { runtime: false }],
  [
    'mon_dns_srv_name',
    'str',
    'ceph-mon',
    'DNS SRV name under which monitors are found where none are configured',
    { runtime: false },
  ],
  ['public_addr', 'str', '', 'address to listen on', { runtime: false }],
  ['keyring', 'str', '', 'files to look for a keyring, the first that is there counts', { runtime: false }],
  ['key', 'str', '', 'the key itself', { runtime: false }],
  ['keyfile', 'str', '', 'file with the key alone', { runtime: false }],
  ['auth_supported', 'str', '', 'methods of authentication for everybody'],
  ['auth_cluster_required', 'str', 'cephx', 'methods between daemons'],
  ['auth_service_required', 'str', 'cephx', 'methods daemons take of clients'],
  ['auth_client_required', 'str', 'cephx, none', 'methods a client takes of daemons'],
  ['auth_service_ticket_ttl', 'float', 3600, 'seconds a ticket for a service counts', { min: 1 }],
  ['auth_mon_ticket_ttl', 'float', 72 * 3600, 'seconds a ticket for the monitors counts', { min: 1 }],
  ['ms_mon_cluster_mode', 'str', 'secure crc', 'modes between monitors, and of daemons towards them'],
  ['ms_mon_service_mode', 'str', 'secure crc', 'modes a monitor takes'],
  ['ms_mon_client_mode', 'str', 'secure crc', 'modes of clients towards monitors'],
  ['ms_cluster_mode', 'str', 'crc secure', 'modes between daemons'],
  ['ms_service_mode', 'str', 'crc secure', 'modes a daemon takes'],
  ['ms_client_mode', 'str', 'crc secure', 'modes towards a daemon'],
  ['client_mount_timeout', 'secs', 300, 'seconds a client tries to reach the monitors'],
  ['rados_mon_op_timeout', 'secs', 0, 'seconds a command to a monitor may take; 0: any time'],
  ['mon_client_hunt_interval', 'float', 3, 'seconds until other monitors are tried', { min: 0.01 }],
  ['mon_client_hunt_interval_backoff', 'float', 1.5, 'factor by which that grows', { min: 1 }],
  ['mon_client_hunt_interval_min_multiple', 'float', 1, 'least times that it is', { min: 0.01 }],
  ['mon_client_hunt_interval_max_multiple', 'float', 10, 'most times that it grows to', { min: 1 }],
  ['mon_client_hunt_parallel', 'uint', 3, 'monitors to try at a time; 0: all'],
  ['mon_client_ping_interval', 'float', 10, 'seconds between signs of life to the monitor', { min: 0.01 }],
  ['mon_client_ping_timeout', 'float', 30, 'seconds without one until the connection counts as broken; 0: never', { min: 0 }],
  ['mon_client_log_interval', 'float', 1, 'seconds between parts of the cluster log', { min: 0.01 }],
  ['mon_client_max_log_entries_per_message', 'int', 1000, 'lines of the cluster log in one message', { min: 1 }],
  ['mon_client_directed_command_retry', 'int', 2, 'times a command to one certain monitor is sent', { min: 1 }],
  ['clog_to_monitors', 'str', 'default=true', 'send the cluster log to the monitors'],
  ['mgr_connect_retry_interval', 'float', 1, 'seconds until the manager is tried again', { min: 0.01 }],
  ['mgr_client_bytes', 'size', 128 * 1024 * 1024, 'bytes of messages from managers in memory'],
];

/** Ceph's options that a client of a cluster reads. */
export const RADOS_OPTIONS: readonly ConfigOption[] = ROWS.map(([name, type, value, desc, extra]) => ({
  name,
  type,
  default: value,
  desc,
  ...extra,
}));
