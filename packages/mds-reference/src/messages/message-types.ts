// Message types by number. @see src/include/ceph_fs.h, src/msg/Message.h (16.2.15)

export const CEPH_MSG_CLIENT_SESSION = 22;
export const CEPH_MSG_CLIENT_RECONNECT = 23;
export const CEPH_MSG_CLIENT_REQUEST = 24;
export const CEPH_MSG_CLIENT_REQUEST_FORWARD = 25;
export const CEPH_MSG_CLIENT_REPLY = 26;
export const CEPH_MSG_CLIENT_RECLAIM = 27;
export const CEPH_MSG_CLIENT_RECLAIM_REPLY = 28;
export const CEPH_MSG_CLIENT_METRICS = 29;
export const CEPH_MSG_CLIENT_CAPS = 0x310;
export const CEPH_MSG_CLIENT_LEASE = 0x311;
export const CEPH_MSG_CLIENT_SNAP = 0x312;
export const CEPH_MSG_CLIENT_CAPRELEASE = 0x313;
export const CEPH_MSG_CLIENT_QUOTA = 0x314;

export const MSG_MDS_PEER_REQUEST = 101;
export const MSG_MDS_TABLE_REQUEST = 102;
export const MSG_MDS_SCRUB = 135;

export const MSG_MDS_RESOLVE = 0x200;
export const MSG_MDS_RESOLVEACK = 0x201;
export const MSG_MDS_CACHEREJOIN = 0x202;
export const MSG_MDS_DISCOVER = 0x203;
export const MSG_MDS_DISCOVERREPLY = 0x204;
export const MSG_MDS_INODEUPDATE = 0x205;
export const MSG_MDS_DIRUPDATE = 0x206;
export const MSG_MDS_CACHEEXPIRE = 0x207;
export const MSG_MDS_DENTRYUNLINK = 0x208;
export const MSG_MDS_FRAGMENTNOTIFY = 0x209;
export const MSG_MDS_OFFLOAD_TARGETS = 0x20a;
export const MSG_MDS_DENTRYLINK = 0x20c;
export const MSG_MDS_FINDINO = 0x20d;
export const MSG_MDS_FINDINOREPLY = 0x20e;
export const MSG_MDS_OPENINO = 0x20f;
export const MSG_MDS_OPENINOREPLY = 0x210;
export const MSG_MDS_SNAPUPDATE = 0x211;
export const MSG_MDS_FRAGMENTNOTIFYACK = 0x212;
export const MSG_MDS_LOCK = 0x300;
export const MSG_MDS_INODEFILECAPS = 0x301;
export const MSG_MDS_EXPORTDIRDISCOVER = 0x449;
export const MSG_MDS_EXPORTDIRDISCOVERACK = 0x450;
export const MSG_MDS_EXPORTDIRCANCEL = 0x451;
export const MSG_MDS_EXPORTDIRPREP = 0x452;
export const MSG_MDS_EXPORTDIRPREPACK = 0x453;
export const MSG_MDS_EXPORTDIRWARNING = 0x454;
export const MSG_MDS_EXPORTDIRWARNINGACK = 0x455;
export const MSG_MDS_EXPORTDIR = 0x456;
export const MSG_MDS_EXPORTDIRACK = 0x457;
export const MSG_MDS_EXPORTDIRNOTIFY = 0x458;
export const MSG_MDS_EXPORTDIRNOTIFYACK = 0x459;
export const MSG_MDS_EXPORTDIRFINISH = 0x460;
export const MSG_MDS_EXPORTCAPS = 0x470;
export const MSG_MDS_EXPORTCAPSACK = 0x471;
export const MSG_MDS_GATHERCAPS = 0x472;
export const MSG_MDS_HEARTBEAT = 0x500;
export const MSG_MDS_METRICS = 0x501;
export const MSG_MDS_PING = 0x502;
export const MSG_MDS_SCRUB_STATS = 0x503;

/** Bits of a type that say which part of the MDS it is for. */
export const MDS_PORT_MASK = 0xff00;
export const MDS_PORT_CACHE = 0x200;
export const MDS_PORT_LOCKER = 0x300;
export const MDS_PORT_MIGRATOR = 0x400;
