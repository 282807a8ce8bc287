import { ERRNO } from '@cephts/common';
import type { ThreadSnapshot } from '@cephts/common';
import { commandSignature } from './command-desc.js';
import type { CommandMap } from './command-desc.js';
import type { ProcessView } from './process-view.js';

/** What a command says: text as it is, anything else as JSON. */
export type CommandOutput = string | object;

/** The end of a command: a negative errno with what went wrong, or 0 with what it says. */
export interface CommandResult {
  r: number;
  err: string;
  out: CommandOutput;
}

/** Commands that are answered from a {@link ProcessView}, with their help. */
export const SELF_ANSWERED: readonly (readonly [desc: string, help: string])[] = [
  ['0', ''],
  ['version', 'get ceph version'],
  ['git_version', 'get git sha1'],
  ['help', 'list available commands'],
  ['get_command_descriptions', 'list available commands'],
  ['thread ls', 'list every thread: what it is for, its state and its counters'],
  ['perf dump name=logger,type=CephString,req=false name=counter,type=CephString,req=false', 'dump perfcounters value'],
  ['perf schema', 'dump perfcounters schema'],
  ['perfcounters_dump', ''],
  ['1', ''],
  ['perfcounters_schema', ''],
  ['2', ''],
  ['config show', 'dump current config settings'],
];

const ok = (out: CommandOutput): CommandResult => ({ r: 0, err: '', out });

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** A row of `thread ls`. */
export function threadRow(thread: ThreadSnapshot): Record<string, unknown> {
  return {
    id: thread.id,
    name: thread.name,
    kind: thread.kind,
    owner: thread.owner,
    state: thread.state,
    wakeups: thread.wakeups,
    slices: thread.slices,
    items: thread.items,
    queued: thread.queued,
    busy_ms: round(thread.busyMs),
    max_slice_ms: round(thread.maxSliceMs),
    purpose: thread.purpose,
  };
}

function perfDump(view: ProcessView, cmd: CommandMap): CommandResult {
  const logger = cmd['logger'] as string | undefined;
  const counter = cmd['counter'] as string | undefined;
  const chosen = view.perf().filter(({ name }) => logger === undefined || logger === '' || name === logger);
  if (logger && chosen.length === 0) return { r: -ERRNO.ENOENT, err: `there is no logger '${logger}'`, out: '' };
  const all = chosen.map((counters) => {
    const values = counters.dump();
    return [counters.name, counter ? Object.fromEntries(Object.entries(values).filter(([key]) => key === counter)) : values];
  });
  return ok(Object.fromEntries(all.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))));
}

function byPrefix(view: ProcessView): ReturnType<ProcessView['commands']> {
  return [...view.commands()].sort((a, b) => (a.desc.prefix < b.desc.prefix ? -1 : a.desc.prefix > b.desc.prefix ? 1 : 0));
}

/** Answers a command from the view; undefined when it takes the main isolate. */
export function selfAnswer(prefix: string, cmd: CommandMap, view: ProcessView): CommandResult | undefined {
  switch (prefix) {
    case '0':
      return ok('2');
    case 'version':
      return ok({ version: view.version.version, release: view.version.release, release_type: view.version.releaseType });
    case 'git_version':
      return ok({ git_version: view.version.version });
    case 'help':
      return ok(
        Object.fromEntries(
          byPrefix(view)
            .filter(({ help }) => help !== '')
            .map(({ desc, help }) => [desc.prefix, help]),
        ),
      );
    case 'get_command_descriptions':
      return ok(
        Object.fromEntries(
          byPrefix(view).map(({ desc, help }, i) => [
            `cmd${String(i).padStart(3, '0')}`,
            { sig: commandSignature(desc), help, module: '', perm: '', flags: 0 },
          ]),
        ),
      );
    case 'thread ls':
      return ok({ threads: view.threads().map(threadRow) });
    case 'perf dump':
    case 'perfcounters_dump':
    case '1':
      return perfDump(view, cmd);
    case 'perf schema':
    case 'perfcounters_schema':
    case '2':
      return ok(Object.fromEntries(view.perf().map((counters) => [counters.name, counters.schema()])));
    case 'config show':
      return ok(Object.fromEntries(Object.entries(view.conf()).map(([name, value]) => [name, String(value)])));
    default:
      return undefined;
  }
}

const ERRNO_TEXT = new Map<number, string>([
  [ERRNO.EPERM, 'Operation not permitted'],
  [ERRNO.ENOENT, 'No such file or directory'],
  [ERRNO.EIO, 'Input/output error'],
  [ERRNO.EAGAIN, 'Resource temporarily unavailable'],
  [ERRNO.EACCES, 'Permission denied'],
  [ERRNO.EBUSY, 'Device or resource busy'],
  [ERRNO.EEXIST, 'File exists'],
  [ERRNO.ENOTDIR, 'Not a directory'],
  [ERRNO.EINVAL, 'Invalid argument'],
  [ERRNO.EROFS, 'Read-only file system'],
  [ERRNO.ENOSYS, 'Function not implemented'],
  [ERRNO.EOPNOTSUPP, 'Operation not supported'],
  [ERRNO.ETIMEDOUT, 'Connection timed out'],
]);

/**
 * A result as bytes of the admin socket: errors are told in words, since the protocol has no place for a code.
 *
 * @param format `json` for one line; anything else is pretty, as Ceph's default
 */
export function renderResult({ r, err, out }: CommandResult, format: string): string {
  const text = typeof out === 'string' ? out : format === 'json' ? JSON.stringify(out) : `${JSON.stringify(out, null, 4)}\n`;
  if (r >= 0) return text;
  return `ERROR: (${-r}) ${ERRNO_TEXT.get(-r) ?? `error ${-r}`}\n${err}\n${typeof out === 'string' ? out : ''}`;
}
