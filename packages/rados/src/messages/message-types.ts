// Message types of monitors, managers and OSDs by number. @see src/include/ceph_fs.h, src/msg/Message.h (16.2.15)

export const CEPH_MSG_PING = 2;
export const CEPH_MSG_MON_MAP = 4;
export const CEPH_MSG_MON_GET_MAP = 5;
export const CEPH_MSG_MON_SUBSCRIBE = 15;
export const CEPH_MSG_MON_SUBSCRIBE_ACK = 16;
export const CEPH_MSG_AUTH = 17;
export const CEPH_MSG_AUTH_REPLY = 18;
export const CEPH_MSG_MON_GET_VERSION = 19;
export const CEPH_MSG_MON_GET_VERSION_REPLY = 20;
export const CEPH_MSG_MDS_MAP = 21;
export const CEPH_MSG_OSD_MAP = 41;
export const CEPH_MSG_FS_MAP = 45;
export const CEPH_MSG_FS_MAP_USER = 103;
export const MSG_MON_COMMAND = 50;
export const MSG_MON_COMMAND_ACK = 51;
export const MSG_LOG = 52;
export const MSG_LOGACK = 53;
export const MSG_CONFIG = 62;
export const MSG_GET_CONFIG = 63;
export const MSG_REMOVE_SNAPS = 90;
export const MSG_COMMAND = 97;
export const MSG_COMMAND_REPLY = 98;
export const MSG_MDS_BEACON = 100;
export const MSG_MGR_OPEN = 0x700;
export const MSG_MGR_CONFIGURE = 0x701;
export const MSG_MGR_REPORT = 0x702;
export const MSG_MGR_MAP = 0x704;
export const MSG_SERVICE_MAP = 0x707;
export const MSG_MGR_CLOSE = 0x708;
export const MSG_MGR_COMMAND = 0x709;
export const MSG_MGR_COMMAND_REPLY = 0x70a;

export const CEPH_MSG_PRIO_LOW = 64;
export const CEPH_MSG_PRIO_DEFAULT = 127;
export const CEPH_MSG_PRIO_HIGH = 196;
export const CEPH_MSG_PRIO_HIGHEST = 255;
