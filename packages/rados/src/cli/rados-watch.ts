import { CephError } from '@cephts/common';
import { Encoder } from '@cephts/encoding';
import type { Readable } from 'node:stream';
import type { IoCtx } from '../client/io-ctx.js';
import { VerbError } from './verb-error.js';
import { errnoText } from './errno-text.js';
import { hexdump } from './hexdump.js';
import { writeTo } from './rados-io.js';
import type { CommandIo } from './rados-io.js';

interface Context {
  ioctx: IoCtx;
  io: CommandIo;
  out(text: string | Uint8Array): Promise<void>;
}

/** Resolves with a line of input, or its end. */
function enter(stdin: Readable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off('data', onData).off('end', done);
      stdin.pause();
      resolve();
    };
    const onData = (chunk: Buffer | string): void => {
      if (String(chunk).includes('\n')) done();
    };
    stdin.on('data', onData).on('end', done).resume();
  });
}

/** What `rados` says of a call that fails, and then of itself. */
async function calling<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof CephError) || error.errno === undefined) throw error;
    const text = errnoText(error.errno);
    throw new VerbError(`error calling ${name}: ${text}\nerror ${error.errno}: ${text}`);
  }
}

/** `rados watch`: until there is a line of input. */
export async function radosWatch({ ioctx, io, out }: Context, oid: string): Promise<void> {
  const watch = await calling('watch', () => ioctx.watch(oid, { autoAck: false }));
  await out('press enter to exit...\n');
  const over = enter(io.stdin).then(() => watch.close());
  try {
    for await (const { notifyId, notifierGid, payload, ack } of watch) {
      await out(`NOTIFY cookie ${watch.cookie} notify_id ${notifyId} from ${notifierGid}\n${hexdump(payload)}`);
      ack(payload);
    }
  } catch (error) {
    await writeTo(io.stderr, `ERROR cookie ${watch.cookie} err ${errnoText((error as { errno?: number }).errno ?? 5)}\n`);
    throw error;
  }
  await over;
}

/** `rados notify`: tells who acknowledged, and who did not. */
export async function radosNotify({ ioctx, out }: Context, oid: string, text: string): Promise<void> {
  const who = (key: string): string => key.replace(/^(\d+)\/(\d+)$/, 'client.$1 cookie $2');
  const reply = await calling('notify', () => ioctx.notify(oid, new Encoder().string(text).toBytes()));
  for (const [key, bytes] of reply.acks) {
    await out(`reply ${who(key)} : ${bytes.length} bytes\n`);
    if (bytes.length > 0) await out(hexdump(bytes));
  }
  for (const key of reply.timeouts) await out(`timeout ${who(key)}\n`);
}
