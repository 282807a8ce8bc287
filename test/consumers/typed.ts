import { Message, MessageRegistry, Messenger, Policy } from '@cephts/async-messenger';
import { CephContext, CephError } from '@cephts/common';
import type { WorkerThread } from '@cephts/common/node';
import { DispatchQueue, PRIORITY } from '@cephts/dispatch-queue';
import { EntityName } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { Finisher, limits } from '@cephts/finisher';
import type { FinisherOptions } from '@cephts/finisher';
import { startEmbeddedMds } from '@cephts/mds-reference';
import type { EmbeddedMds } from '@cephts/mds-reference';
import * as rados from '@cephts/rados';
import { SafeTimer } from '@cephts/safe-timer';

class MHello extends Message {
  static readonly TYPE = 9000;
  readonly type = 9000;
  readonly typeName = 'hello';
  text = '';
  encodePayload(e: Encoder): void {
    e.string(this.text);
  }
  decodePayload(d: Decoder): void {
    this.text = d.string();
  }
}

const options: FinisherOptions = { limits: limits({ capacity: 10, overflow: 'drop-oldest' }) };
const finisher: Finisher = new Finisher(undefined, options);
const order: number[] = [];
finisher.queue((r: number) => order.push(r), 7);
const timer = new SafeTimer();
const queue: DispatchQueue<string> = DispatchQueue.of<string>({ deliver: (text: string) => void text });
const messenger = new Messenger(new CephContext(), {
  name: EntityName.client(1),
  logicalName: 'typed',
  registry: new MessageRegistry([MHello]),
  stack: 'posix',
});
messenger.setDefaultPolicy(Policy.losslessClient());
const start: () => Promise<EmbeddedMds> = startEmbeddedMds;
const threadOf = (thread: WorkerThread): string => thread.entry.info.name;
void [rados, start, threadOf];

async function main(): Promise<void> {
  timer.shutdown();
  queue.enqueue('text', PRIORITY.HIGH);
  await queue.close();
  await finisher.close();
  await messenger.shutdown();
  if (order.join() !== '7') throw new CephError('ERR_CEPH_TEST', `expected 7, got ${order.join()}`);
}
main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
