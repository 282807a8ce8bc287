// The other thread of bench/finisher.mjs: completes n contexts of the main thread, through the ring or by messages.
import { parentPort, workerData } from 'node:worker_threads';
import { FinisherProducer } from '@cephts/finisher';

const { handle, token, kind, n } = workerData;
const producer = new FinisherProducer(handle);
parentPort.postMessage('ready');
parentPort.once('message', () => {
  if (kind === 'finisher') for (let i = 0; i < n; i++) producer.queue(token, i);
  else for (let i = 0; i < n; i++) parentPort.postMessage({ token, r: i });
  producer.close();
});
