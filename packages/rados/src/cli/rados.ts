import { CephError } from '@cephts/common';
import { encodeText } from '@cephts/encoding';
import { Cluster } from '../client/cluster.js';
import type { IoCtx } from '../client/io-ctx.js';
import { wholeStripes } from '../client/whole-stripes.js';
import { errnoText } from './errno-text.js';
import { writeTo } from './rados-io.js';
import type { CommandIo } from './rados-io.js';
import { DEFAULT_BLOCK_SIZE, parseRadosArgs, UsageError } from './rados-options.js';
import type { RadosOptions } from './rados-options.js';
import { radosVerbs } from './rados-verbs.js';
import { VerbError } from './verb-error.js';

const USAGE = `usage: cephts rados [options] [commands]
POOL COMMANDS
   lspools                          list pools
   df                               show per-pool and total usage
   ls                               list objects in pool

POOL SNAP COMMANDS
   lssnap                           list snaps
   mksnap <snap-name>               create snap <snap-name>
   rmsnap <snap-name>               remove snap <snap-name>

OBJECT COMMANDS
   get <obj-name> <outfile>         fetch object
   put <obj-name> <infile> [--offset offset]
                                    write object with start offset (default:0)
   append <obj-name> <infile>       append object
   truncate <obj-name> length       truncate object
   create <obj-name>                create object
   touch <obj-name> [timestamp]     change the named object modification time
   rm <obj-name> ... [--force-full] remove object(s)
   cp <obj-name> [target-obj]       copy object
   stat <obj-name>                  stat the named object
   stat2 <obj-name>                 stat the named object, with a precise time
   rollback <obj-name> <snap-name>  roll back object to snap <snap-name>
   listxattr | getxattr | setxattr | rmxattr <obj-name> [attr] [val]
   listomapkeys | listomapvals <obj-name>
   getomapval <obj-name> <key> [file]
   setomapval <obj-name> <key> <val | --input-file file>
   rmomapkey <obj-name> <key>
   clearomap <obj-name> ...
   getomapheader <obj-name> [file]
   setomapheader <obj-name> <val>
   watch <obj-name>                 add watcher on this object
   notify <obj-name> <message>      notify watcher of this object with message
   listwatchers <obj-name>          list the watchers of this object
   bench <seconds> write|seq|rand [-t concurrent_operations] [-b op_size] [-O object_size] [--no-cleanup] [--run-name run_name]
   cleanup [--run-name run_name]    clean up a previous benchmark operation

GLOBAL OPTIONS
   -p pool, --pool=pool             select given pool by name
   -N namespace, --namespace=…      specify the namespace to use for the object
   --object-locator locator         set object_locator for operation
   -s name, --snap name             select given snap name for (read) IO
   -b op_size                       set the block size for put/get ops and for write benchmarking
   -f, --format plain|json|json-pretty
   --all                            use with ls to list objects in all namespaces
   --striper                        large objects over many small ones
   --target-pool, --target-nspace, --target-locator
                                    where cp puts the copy

GENERIC OPTIONS
   -c file, --id id, -n name, --cluster name, -m mon_host, -k keyring
`;

/**
 * The command `rados`: the same verbs, output and exit codes.
 *
 * @returns the exit code
 * @see src/tools/rados/rados.cc (16.2.15)
 */
export async function runRados(argv: readonly string[], io: CommandIo): Promise<number> {
  // whoever writes is told, and a stream tells all that listen
  io.stdout.on('error', () => undefined);
  try {
    const { options, args } = parseRadosArgs(argv);
    if (options.help) {
      await writeTo(io.stdout, USAGE);
      return 0;
    }
    return await runVerb(options, args, io);
  } catch (error) {
    // nobody reads on, as behind `head`
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return 0;
    const message = messageOf(error);
    if (message === undefined) throw error;
    await writeTo(io.stderr, message === '' ? '' : `${message}\n`);
    return error instanceof UsageError ? error.exitCode : 1;
  }
}

function messageOf(error: unknown): string | undefined {
  if (error instanceof UsageError) return error.withUsage ? `${error.message}\n${USAGE}` : error.message;
  if (error instanceof VerbError) return error.message;
  if (!(error instanceof CephError)) return undefined;
  return error.errno === undefined ? error.message : `error ${error.errno}: ${errnoText(error.errno)}\n${error.message}`;
}

async function runVerb(options: RadosOptions, [name, ...args]: readonly string[], io: CommandIo): Promise<number> {
  if (name === undefined) throw new UsageError('rados: -h or --help for usage');
  const verb = Object.hasOwn(radosVerbs, name) ? radosVerbs[name] : undefined;
  if (!verb) throw new UsageError(`unrecognized command ${name}; -h or --help for usage\nerror 22: ${errnoText(22)}`);
  if (args.length < verb.min) throw new UsageError(USAGE);
  if (verb.pool && options.pool === undefined) throw new UsageError('either pool name or pg id needs to be specified');
  await using cluster = await connect(options);
  // names need not be UTF-8
  const out = (text: string | Uint8Array): Promise<void> => writeTo(io.stdout, typeof text === 'string' ? encodeText(text) : text);
  const context = { cluster, options, io, out };
  const ioctx = options.pool === undefined ? undefined : await openPool(cluster, options, out);
  if (!verb.pool) await verb.run(context, args);
  else if (ioctx) await verb.run({ ...context, options: await fitting(options, ioctx, io), ioctx, pool: options.pool ?? '' }, args);
  return 0;
}

/** Operations are of a size that the pool can take one behind the other; who asked for another one is told. */
async function fitting(options: RadosOptions, ioctx: IoCtx, { stderr }: CommandIo): Promise<RadosOptions> {
  const blockSize = wholeStripes(ioctx.requiredAlignment, options.blockSize);
  const wasAskedFor = options.blockSize !== DEFAULT_BLOCK_SIZE;
  if (wasAskedFor && blockSize !== options.blockSize) await writeTo(stderr, `INFO: op_size has been rounded to ${blockSize}\n`);
  return { ...options, blockSize };
}

async function connect({ conf }: RadosOptions): Promise<Cluster> {
  try {
    return await Cluster.connect({ conf });
  } catch (error) {
    if (!(error instanceof CephError)) throw error;
    throw new VerbError(
      `couldn't connect to cluster: ${error.errno === undefined ? error.message : errnoText(error.errno)}\n${error.message}`,
    );
  }
}

async function openPool(cluster: Cluster, options: RadosOptions, out: (text: string) => Promise<void>): Promise<IoCtx> {
  const pool = options.pool as string;
  let ioctx: IoCtx;
  try {
    ioctx = await cluster.openIoctx(pool);
  } catch (error) {
    throw new VerbError(`error opening pool ${pool}: ${errnoText((error as CephError).errno ?? 5)}`);
  }
  if (options.namespace !== '') ioctx = ioctx.withNamespace(options.namespace);
  if (options.locator !== '') ioctx = ioctx.withLocator(options.locator);
  if (options.snap === undefined) return ioctx;
  try {
    const snapid = ioctx.snapshots.lookup(options.snap);
    await out(`selected snap ${snapid} '${options.snap}'\n`);
    return ioctx.withSnap(snapid);
  } catch (error) {
    throw new VerbError(`error looking up snap '${options.snap}': ${errnoText((error as CephError).errno ?? 5)}`);
  }
}
