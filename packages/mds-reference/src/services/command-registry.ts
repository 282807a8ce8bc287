import { CephError, ERRNO } from '@cephts/common';
import { checkCommand, parseCommandDesc } from './command-desc.js';
import type { CommandMap } from './command-desc.js';
import type { CommandEntry, ProcessView } from './process-view.js';
import { selfAnswer } from './self-answers.js';
import type { CommandOutput, CommandResult } from './self-answers.js';

/** Takes the end of a command. */
export type CommandDone = (r: number, err: string, out?: CommandOutput) => void;

/** Runs a command; calls `done` once, now or later. An error that it throws ends the command with its errno, or EINVAL. */
export type CommandHook = (cmd: CommandMap, done: CommandDone) => void;

/** A request, checked. */
export type CheckedCommand = { prefix: string; cmd: CommandMap; format: string } | { error: CommandResult };

const fail = (r: number, err: string): { error: CommandResult } => ({ error: { r, err, out: '' } });

/** Parses and checks a request against the commands there are. */
export function checkRequest(json: string, commands: readonly CommandEntry[]): CheckedCommand {
  let cmd: CommandMap;
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return fail(-ERRNO.EINVAL, 'invalid json');
    cmd = parsed as CommandMap;
  } catch {
    return fail(-ERRNO.EINVAL, 'invalid json');
  }
  const { prefix, format } = cmd;
  if (typeof prefix !== 'string' || (format !== undefined && typeof format !== 'string')) {
    return fail(-ERRNO.EINVAL, 'invalid json, missing format and/or prefix');
  }
  const matching = commands.filter(({ desc }) => desc.prefix === prefix);
  if (matching.length === 0) return fail(-ERRNO.EINVAL, `unknown command prefix ${prefix}`);
  const problems = matching.map(({ desc }) => checkCommand(desc, cmd));
  const problem = problems.includes(undefined) ? undefined : problems[0];
  if (problem !== undefined) return fail(-ERRNO.EINVAL, `invalid command json: ${problem}`);
  return { prefix, cmd, format: format ?? 'json-pretty' };
}

/** The commands of a daemon and what runs them. */
export class CommandRegistry {
  readonly #hooks = new Map<string, CommandHook>();
  readonly #entries: CommandEntry[] = [];
  readonly #listeners = new Set<() => void>();

  /**
   * @param desc in Ceph's form; see {@link parseCommandDesc}
   * @throws CephError `ERR_CEPH_EEXIST` when there is a command of that prefix
   */
  register(desc: string, help: string, hook: CommandHook): void {
    const parsed = parseCommandDesc(desc);
    if (this.#hooks.has(parsed.prefix)) {
      throw new CephError('ERR_CEPH_EEXIST', `there is a command '${parsed.prefix}' already`, { errno: ERRNO.EEXIST });
    }
    this.#hooks.set(parsed.prefix, hook);
    this.#entries.push({ desc: parsed, help });
    for (const listener of this.#listeners) listener();
  }

  unregister(prefix: string): void {
    if (!this.#hooks.delete(prefix)) return;
    this.#entries.splice(
      this.#entries.findIndex(({ desc }) => desc.prefix === prefix),
      1,
    );
    for (const listener of this.#listeners) listener();
  }

  entries(): readonly CommandEntry[] {
    return this.#entries;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs a checked command. */
  run(prefix: string, cmd: CommandMap, view: ProcessView, done: (result: CommandResult) => void): void {
    const own = selfAnswer(prefix, cmd, view);
    if (own) {
      done(own);
      return;
    }
    let ended = false;
    const once = (result: CommandResult): void => {
      if (ended) return;
      ended = true;
      done(result);
    };
    const hook = this.#hooks.get(prefix);
    if (!hook) {
      once({ r: -ERRNO.EINVAL, err: `unknown command prefix ${prefix}`, out: '' });
      return;
    }
    try {
      hook(cmd, (r, err, out = '') => once({ r, err, out }));
    } catch (error) {
      const errno = error instanceof CephError ? (error.errno ?? ERRNO.EINVAL) : ERRNO.EINVAL;
      once({ r: -errno, err: error instanceof Error ? error.message : String(error), out: '' });
    }
  }
}
