import { ERRNO } from '@cephts/common';
import type { CephContext } from '@cephts/common';
import { mdsStateName } from '@cephts/rados';
import type { AdminSocket } from '../services/admin-socket.js';
import { textList } from '../services/command-desc.js';
import type { CommandMap } from '../services/command-desc.js';
import type { CommandDone, CommandHook } from '../services/command-registry.js';
import type { Log } from '../services/log.js';
import type { MDSRankDispatcher } from '../rank/mds-rank-dispatcher.js';
import { flushJournal } from '../rank/flush-journal.js';
import { dumpSession } from '../rank/session-dump.js';
import { parseSessionFilter } from '../rank/session-filter.js';
import type { MDSDaemon } from './mds-daemon.js';

const text = (cmd: CommandMap, name: string): string => String(cmd[name] ?? '');

/**
 * Commands every Ceph daemon has: configuration, counters, log.
 *
 * @see src/common/ceph_context.cc (16.2.15)
 */
export function registerCommonCommands(socket: AdminSocket, cct: CephContext, log?: Log): void {
  const { conf } = cct;
  socket.registerCommand('config get name=var,type=CephString', 'config get <field>: get the config value', (cmd, done) => {
    const name = text(cmd, 'var');
    done(0, '', { [name]: String(conf.get(name)) });
  });
  socket.registerCommand(
    'config set name=var,type=CephString name=val,type=CephString,n=N',
    'config set <field> <val> [<val> ...]: set a config variable',
    (cmd, done) => {
      conf.set(text(cmd, 'var'), textList(cmd['val']).join(' '));
      done(0, '', { success: '' });
    },
  );
  socket.registerCommand('config unset name=var,type=CephString', 'config unset <field>: unset a config variable', (cmd, done) => {
    conf.option(text(cmd, 'var'));
    conf.rm(text(cmd, 'var'));
    done(0, '', { success: '' });
  });
  socket.registerCommand('config diff', 'dump diff of current config and default config', (_cmd, done) => {
    const changed = conf.names().filter((name) => conf.source(name) !== 'default');
    const rows = changed.map((name) => [
      name,
      { default: String(conf.option(name).default), [conf.source(name)]: String(conf.get(name)), final: String(conf.get(name)) },
    ]);
    done(0, '', { diff: Object.fromEntries(rows) });
  });
  socket.registerCommand(
    'config help name=var,type=CephString,req=false',
    'get config setting schema and descriptions',
    (cmd, done) => {
      const names = cmd['var'] === undefined ? conf.names() : [text(cmd, 'var')];
      const rows = names.map((name) => {
        const { type, default: value, desc, min, max, enumValues } = conf.option(name);
        return { name, type, default: value, desc, min: min ?? '', max: max ?? '', enum_values: enumValues ?? [] };
      });
      done(0, '', rows.length === 1 ? (rows[0] as object) : rows);
    },
  );
  socket.registerCommand(
    'perf reset name=var,type=CephString',
    'perf reset <name>: perf reset all or one perfcounter name',
    (cmd, done) => {
      const name = text(cmd, 'var');
      const chosen = cct.perf.list().filter((counters) => name === 'all' || counters.name === name);
      if (chosen.length === 0) return done(-ERRNO.ENOENT, `there is no logger '${name}'`);
      for (const counters of chosen) counters.reset();
      done(0, '', { success: `perf reset ${name}` });
    },
  );
  const logCommand = (run: (log: Log) => void | Promise<void>): CommandHook => {
    return (_cmd, done) => {
      if (!log) return done(-ERRNO.EOPNOTSUPP, 'there is no log thread');
      Promise.resolve(run(log)).then(
        () => done(0, '', {}),
        (error: unknown) => done(-ERRNO.EIO, String(error)),
      );
    };
  };
  socket.registerCommand(
    'log flush',
    'flush log entries to log file',
    logCommand((thread) => thread.flush()),
  );
  socket.registerCommand(
    'log dump',
    'dump recent log entries to log file',
    logCommand((thread) => thread.dumpRecent()),
  );
  socket.registerCommand(
    'log reopen',
    'reopen log file',
    logCommand((thread) => thread.reopen()),
  );
}

/**
 * Commands of an MDS.
 *
 * @see MDSDaemon::set_up_admin_socket in src/mds/MDSDaemon.cc (16.2.15)
 */
export function registerDaemonCommands(socket: AdminSocket, daemon: MDSDaemon, exit: () => void): void {
  const withRank = (run: (rank: MDSRankDispatcher, cmd: CommandMap, done: CommandDone) => void): CommandHook => {
    return (cmd, done) => {
      if (daemon.rank) run(daemon.rank, cmd, done);
      else done(0, '', { error: 'mds_not_active' });
    };
  };
  const add = (desc: string, help: string, run: (rank: MDSRankDispatcher, cmd: CommandMap, done: CommandDone) => void): void =>
    socket.registerCommand(desc, help, withRank(run));

  socket.registerCommand('status', 'high-level status of MDS', (_cmd, done) => done(0, '', dumpStatus(daemon)));
  socket.registerCommand('exit', 'Terminate this MDS', (_cmd, done) => {
    done(0, '', 'Exiting...\n');
    // after the answer has left
    daemon.cct.clock.setTimeout(exit, 10);
  });

  add('ops', 'show the ops currently in flight', (rank, _cmd, done) => done(0, '', rank.opTracker.dumpOpsInFlight()));
  add('dump_ops_in_flight', 'show the ops currently in flight', (rank, _cmd, done) =>
    done(0, '', rank.opTracker.dumpOpsInFlight()),
  );
  add('dump_blocked_ops', 'show the blocked ops currently in flight', (rank, _cmd, done) =>
    done(0, '', rank.opTracker.dumpOpsInFlight(true)),
  );
  add('dump_historic_ops', 'show recent ops', (rank, _cmd, done) => done(0, '', rank.opTracker.dumpHistoricOps()));
  add('dump_historic_ops_by_duration', 'show recent ops, sorted by op duration', (rank, _cmd, done) =>
    done(0, '', rank.opTracker.dumpHistoricOps(true)),
  );
  add('objecter_requests', 'show in-progress osd requests', (rank, _cmd, done) =>
    done(0, '', {
      ops: rank.objecter.inFlight(),
      linger_ops: [],
      pool_ops: [],
      pool_stat_ops: [],
      statfs_ops: [],
      command_ops: [],
    }),
  );
  add('flush journal', 'Flush the journal to the backing store', (rank, _cmd, done) => {
    flushJournal(rank, (r) =>
      done(r < 0 ? r : 0, r < 0 ? `flushing the journal failed with ${r}` : '', { message: '', return_code: r }),
    );
  });
  add('force_readonly', 'Force MDS to read-only mode', (rank, _cmd, done) => {
    rank.forceReadonly();
    done(0, '', {});
  });
  add('get subtrees', 'Return the subtree map', (rank, _cmd, done) => done(0, '', rank.mdcache.subtrees.dump()));
  add('cache status', 'show cache status', (rank, _cmd, done) => done(0, '', rank.mdcache.cacheStatus()));
  add(
    'dump tree name=root,type=CephString,req=true name=depth,type=CephInt,req=false',
    'dump metadata cache for subtree',
    (rank, cmd, done) => {
      const tree = rank.mdcache.dumpTree(text(cmd, 'root'), cmd['depth'] === undefined ? -1 : Number(cmd['depth']));
      if (tree) done(0, '', tree);
      else done(-ERRNO.ENOENT, `root inode is not in cache: ${text(cmd, 'root')}`);
    },
  );
  const sessionLs = (rank: MDSRankDispatcher, cmd: CommandMap, done: CommandDone): void => {
    const filter = parseSessionFilter(textList(cmd['filters']));
    const capDump = cmd['cap_dump'] === true || cmd['cap_dump'] === 'true';
    done(
      0,
      '',
      [...rank.sessionmap.getSessions()]
        .filter(filter)
        .map((session) => dumpSession(session, daemon.cct.clock.monotonicNow(), capDump)),
    );
  };
  const sessionEvict = (rank: MDSRankDispatcher, cmd: CommandMap, done: CommandDone): void => {
    const filters = textList(cmd['filters']);
    if (filters.length === 0) {
      done(-ERRNO.EINVAL, 'Invalid filter specified');
      return;
    }
    const victims = [...rank.sessionmap.getSessions()].filter(parseSessionFilter(filters));
    let left = victims.length;
    if (left === 0) done(0, '', {});
    for (const session of victims) rank.server.killSession(session, () => --left === 0 && done(0, '', {}));
  };
  for (const word of ['session', 'client']) {
    add(
      `${word} ls name=cap_dump,type=CephBool,req=false name=filters,type=CephString,n=N,req=false`,
      'List client sessions based on a filter',
      sessionLs,
    );
    add(`${word} evict name=filters,type=CephString,n=N,req=false`, 'Evict client session(s) based on a filter', sessionEvict);
  }
}

/** `status` on the admin socket. */
export function dumpStatus(daemon: MDSDaemon): Record<string, unknown> {
  const { monc, mdsmap, rank, beacon } = daemon;
  return {
    cluster_fsid: String(monc.fsid),
    whoami: rank?.whoami ?? -1,
    id: monc.globalId,
    want_state: mdsStateName(beacon.wantState),
    state: mdsStateName(mdsmap.getStateGid(monc.globalId)),
    ...rank?.dumpStatus(),
    mdsmap_epoch: mdsmap.epoch,
    osdmap_epoch: 0,
    osdmap_epoch_barrier: rank?.osdEpochBarrier ?? 0,
    uptime: daemon.uptimeSeconds,
  };
}
