// Message types of monitors, managers and OSDs by number. @see src/include/ceph_fs.h, src/msg/Message.h (16.2.15)

/** The type of `ping`. */
export const CEPH_MSG_PING = 2;
/** The type of `mon_map`. */
export const CEPH_MSG_MON_MAP = 4;
/** The type of `mon_getmap`. */
export const CEPH_MSG_MON_GET_MAP = 5;
/** The type of `mon_subscribe`. */
export const CEPH_MSG_MON_SUBSCRIBE = 15;
/** The type of `mon_subscribe_ack`. */
export const CEPH_MSG_MON_SUBSCRIBE_ACK = 16;
/** The type of `auth`. */
export const CEPH_MSG_AUTH = 17;
/** The type of `auth_reply`. */
export const CEPH_MSG_AUTH_REPLY = 18;
/** The type of `mon_get_version`. */
export const CEPH_MSG_MON_GET_VERSION = 19;
/** The type of `mon_get_version_reply`. */
export const CEPH_MSG_MON_GET_VERSION_REPLY = 20;
/** The type of `mdsmap`. */
export const CEPH_MSG_MDS_MAP = 21;
/** The type of `osd_map`. */
export const CEPH_MSG_OSD_MAP = 41;
export const CEPH_MSG_OSD_OP = 42;
export const CEPH_MSG_OSD_OPREPLY = 43;
export const CEPH_MSG_WATCH_NOTIFY = 44;
/** The type of `fsmap`. */
export const CEPH_MSG_FS_MAP = 45;
export const CEPH_MSG_POOLOP_REPLY = 48;
export const CEPH_MSG_POOLOP = 49;
export const CEPH_MSG_STATFS = 13;
export const CEPH_MSG_STATFS_REPLY = 14;
export const MSG_GETPOOLSTATS = 58;
export const MSG_GETPOOLSTATSREPLY = 59;
export const CEPH_MSG_OSD_BACKOFF = 61;
/** The type of `fsmap.user`. */
export const CEPH_MSG_FS_MAP_USER = 103;
/** The type of `mon_command`. */
export const MSG_MON_COMMAND = 50;
/** The type of `mon_command_ack`. */
export const MSG_MON_COMMAND_ACK = 51;
/** The type of `log`. */
export const MSG_LOG = 52;
/** The type of `log(last)`. */
export const MSG_LOGACK = 53;
/** The type of `config`. */
export const MSG_CONFIG = 62;
/** The type of `get_config`. */
export const MSG_GET_CONFIG = 63;
/** The type of `remove_snaps`. */
export const MSG_REMOVE_SNAPS = 90;
/** The type of `command`. */
export const MSG_COMMAND = 97;
/** The type of `command_reply`. */
export const MSG_COMMAND_REPLY = 98;
/** The type of `mdsbeacon`. */
export const MSG_MDS_BEACON = 100;
/** The type of `mgropen`. */
export const MSG_MGR_OPEN = 0x700;
/** The type of `mgrconfigure`. */
export const MSG_MGR_CONFIGURE = 0x701;
/** The type of `mgrreport`. */
export const MSG_MGR_REPORT = 0x702;
/** The type of `mgrmap`. */
export const MSG_MGR_MAP = 0x704;
export const MSG_SERVICE_MAP = 0x707;
/** The type of `mgrclose`. */
export const MSG_MGR_CLOSE = 0x708;
/** The type of `mgr_command`. */
export const MSG_MGR_COMMAND = 0x709;
/** The type of `mgr_command_reply`. */
export const MSG_MGR_COMMAND_REPLY = 0x70a;

/** The lowest priority that is served strictly; below, a token bucket shares. */
export const CEPH_MSG_PRIO_LOW = 64;
/** The priority of most messages. */
export const CEPH_MSG_PRIO_DEFAULT = 127;
/** The priority of what keeps a cluster together: maps, authentication. */
export const CEPH_MSG_PRIO_HIGH = 196;
/** The highest priority. */
export const CEPH_MSG_PRIO_HIGHEST = 255;
