// Values with something in every field, by the name of their class: seeds that reach deep into the decoders.

export function samples(encoding, types, messages) {
  const {
    CompatSet,
    EntityAddr,
    EntityAddrVec,
    EntityInst,
    EntityName,
    FeatureBitset,
    FeatureSet,
    FileLayout,
    FragTree,
    IntervalSet,
    UTime,
    Encoder,
  } = encoding;
  const bytes = (text) => new TextEncoder().encode(text);
  const stamp = new UTime(1618225847, 363217000);
  const addrs = EntityAddrVec.parse('[v2:127.0.0.1:6800/1234,v1:[::1]:6801/1234]');
  const layout = new FileLayout(1 << 22, 1, 1 << 22, 3, 'namespace');

  const fragtree = new FragTree();
  fragtree.split(0, 2);
  fragtree.split(encoding.fragChild(0, 2, 1), 3);

  const inode = new types.Inode();
  inode.ino = 0x10000000001;
  inode.mode = 0o120777;
  inode.nlink = 1;
  inode.layout = layout;
  inode.ctime = inode.mtime = inode.atime = inode.btime = stamp;
  inode.oldPools = [1, 2];
  inode.clientRanges = new Map([[4100, new types.ClientWriteableRange(0, 4194304, 1n)]]);
  inode.inlineData = new types.InlineData(7n, bytes('inline'));
  inode.quota = new types.QuotaInfo(1000, 10);
  inode.strayPriorPath = '/a/b';

  const snap = new types.SnapInfo();
  snap.snapid = 2n;
  snap.ino = 1;
  snap.stamp = stamp;
  snap.name = 's1';
  snap.metadata = new Map([['key', 'value']]);
  const realm = new types.SnapRealmNode();
  realm.snaps.set(2n, snap);
  realm.pastParents.set(2n, new types.SnapLink(1, 1n));
  realm.pastParentSnaps.add(1n);
  const realmBytes = new Encoder();
  realm.encode(realmBytes);

  const old = new types.OldInode();
  old.first = 1n;
  old.inode = inode;
  old.xattrs.set('user.a', bytes('b'));

  const store = new types.InodeStore();
  store.inode = inode;
  store.symlink = 'target';
  store.dirfragtree = fragtree;
  store.xattrs.set('user.foo', bytes('asdf'));
  store.snapBlob = realmBytes.toBytes();
  store.oldInodes.set(3n, old);

  const metadata = new types.ClientMetadata(
    new Map([
      ['hostname', 'x'],
      ['root', '/'],
    ]),
    new FeatureBitset([1, 17, 70]),
    new FeatureBitset([0, 3]),
  );
  const session = new types.SessionInfo();
  session.inst = new EntityInst(EntityName.client(4100), EntityAddr.parse('v2:10.0.0.1:0/77'));
  session.completedRequests.set(3, 0x10000000000);
  session.completedFlushes.add(5);
  session.preallocInos = IntervalSet.of([0x10000000000, 500], [0x10000001000, 2]);
  session.clientMetadata = metadata;

  const info = new types.MdsInfo();
  info.globalId = 4100;
  info.name = 'a';
  info.rank = 0;
  info.state = 13;
  info.addrs = addrs;
  info.exportTargets.add(1);
  info.compat = types.mdsCompatSetAll();
  const map = new types.MDSMap();
  map.epoch = 7;
  map.mdsInfo.set(4100, info);
  map.up.set(0, 4100);
  map.in.add(0);
  map.failed.add(1);
  map.dataPools = [2, 5];
  map.metadataPool = 1;
  map.compat = types.mdsCompatSetDefault();
  map.requiredClientFeatures = new FeatureBitset([3]);
  const fs = new types.Filesystem();
  fs.fscid = 1;
  fs.mdsMap = map;
  fs.mirrorPeers = [{ uuid: 'u', clientName: 'c', clusterName: 'd', fsName: 'e' }];
  const fsMap = new types.FSMap();
  fsMap.filesystems = [fs];
  fsMap.mdsRoles.set(4100, 1);
  fsMap.standbyDaemons.set(4200, info);
  fsMap.standbyEpochs.set(4200, 3);

  const backtrace = new types.InodeBacktrace();
  backtrace.ino = 0x10000000001;
  backtrace.ancestors = [new types.InodeBackpointer(1, 'name', 3)];
  backtrace.oldPools = [3];
  const anchor = new types.Anchor();
  anchor.dName = 'name';
  anchor.frags.add(0);
  const snapRealm = new types.SnapRealmInfo();
  snapRealm.mySnaps = [4n, 2n];
  snapRealm.priorParentSnaps = [1n];
  const snapTrace = new Encoder();
  snapRealm.encode(snapTrace);
  snapRealm.encode(snapTrace);
  const cap = new types.CapReconnect();
  cap.path = 'a/b';
  cap.flock = bytes('locks');
  const health = new types.MdsHealth([new types.MdsHealthMetric(1, 1, 'behind', new Map([['a', 'b']]))]);
  const compat = new CompatSet(new FeatureSet([[1, 'one']]), new FeatureSet(), new FeatureSet([[3, 'three']]));

  const stat = new messages.InodeStat();
  stat.ino = 1;
  stat.layout = layout;
  stat.dirfragtree = fragtree;
  stat.symlink = 'target';
  stat.xattrbl = bytes('\0\0\0\0');
  stat.snapMetadata = new Map([['k', 'v']]);
  const dirstat = new messages.DirStat(0, 0, new Set([0, 1]));
  const lease = new messages.LeaseStat(3, 30000, 1, 'alternate');
  const trace = new Encoder();
  messages.encodeDentryTrace(trace, stat, dirstat, 'name', lease);
  stat.encode(trace);
  const page = new Encoder();
  messages.encodeReaddirPage(page, {
    dirstat,
    flags: 1,
    entries: [
      { dname: 'a', lease, inode: stat },
      { dname: 'b', lease, inode: stat },
    ],
  });

  const release = new messages.RequestRelease();
  release.ino = 1;
  release.dname = 'name';
  const request = new messages.MClientRequest(0x1301);
  request.path = new types.FilePath(1, 'a/b');
  request.path2 = new types.FilePath(0, 'c');
  request.releases = [release, release];
  request.gidList = [0, 1000];
  request.alternateName = 'other';
  const caps = new messages.MClientCaps(0, 1, 1, 1, 1);
  caps.layout = layout;
  caps.snapbl = snapTrace.toBytes();
  caps.flockbl = bytes('flock');
  const imported = new messages.MClientCaps(4, 1, 1, 1, 1);
  const exported = new messages.MClientCaps(3, 1, 1, 1, 1);
  const reply = new messages.MClientReply(request);
  reply.trace = trace.toBytes();
  reply.extra = page.toBytes();
  reply.snapbl = snapTrace.toBytes();
  const opened = new messages.MClientSession(0, 1);
  opened.metadata = metadata.kvMap;
  opened.supportedFeatures = metadata.features;
  const reconnect = new messages.MClientReconnect();
  reconnect.caps.set(1, cap);
  reconnect.realms.push(new types.SnapRealmReconnect());
  const released = new messages.MClientCapRelease();
  released.caps.push({ ino: 1, capId: 2, migrateSeq: 3, seq: 4 });
  const split = new messages.MClientSnap(3);
  split.splitInos = [1, 2];
  split.splitRealms = [3];
  split.bl = snapTrace.toBytes();
  const beacon = new messages.MMDSBeacon(undefined, 4100, 'a', 3, -4, 1);
  beacon.compat = types.mdsCompatSetAll();
  beacon.health = health;
  beacon.sysInfo.set('arch', 'x86_64');
  const metrics = new messages.MMDSMetrics(1, 0);
  metrics.clients.push([session.inst, new messages.ClientMetrics()]);
  const clientMetrics = new messages.MClientMetrics();
  clientMetrics.updates.push(
    { type: 0, values: [1, 2, 3], latency: undefined, unknown: undefined },
    { type: 1, values: [], latency: { latency: stamp, mean: stamp, sqSum: 1, count: 2 }, unknown: undefined },
    { type: 99, values: [], latency: undefined, unknown: bytes('what') },
  );
  const osdMap = new messages.MOSDMap();
  osdMap.maps.set(3, bytes('full'));
  osdMap.incrementalMaps.set(4, bytes('incremental'));
  const heartbeat = new messages.MHeartbeat();
  heartbeat.importMap.set(1, 0.5);
  const removed = new messages.MRemoveSnaps();
  removed.snaps.set(1, [2n, 3n]);

  const list = [
    inode,
    old,
    store,
    realm,
    snap,
    metadata,
    session,
    info,
    map,
    fs,
    fsMap,
    backtrace,
    anchor,
    snapRealm,
    cap,
    health,
    compat,
    fragtree,
    layout,
    addrs,
    stat,
    dirstat,
    lease,
    release,
    request,
    reply,
    opened,
    reconnect,
    released,
    split,
    beacon,
    metrics,
    clientMetrics,
    osdMap,
    heartbeat,
    removed,
    IntervalSet.of([1, 2], [10, 5]),
    new FeatureBitset([1, 64]),
    new messages.OpencResponse(5, IntervalSet.of([7, 3])),
    new messages.MMDSMap(undefined, map, 'cephfs'),
    new messages.MMonSubscribe().want('mdsmap', 3).want('config', 0, 1),
    new messages.MCommand(undefined, ['{"prefix": "status"}']),
    new messages.MClientLease(1, 2, 3, 4, 5n, 6n, 'name'),
  ];
  const byClass = new Map();
  for (const value of list) byClass.set(value.constructor.name, [...(byClass.get(value.constructor.name) ?? []), value]);
  byClass.set('MClientCaps', [caps, imported, exported]);
  byClass.set('DentryValue', [
    { kind: 'primary', first: 2n, alternateName: 'other', store },
    { kind: 'remote', first: 2n, alternateName: '', ino: 5, dType: 8 },
  ]);
  byClass.set('ReplyTrace', [trace.toBytes()]);
  byClass.set('ReaddirPage', [page.toBytes()]);
  byClass.set('SnapTrace', [snapTrace.toBytes()]);
  return byClass;
}
