import { attachThread } from '@cephts/common/node';
import { MsgrWorker } from './msgr-worker.js';
import type { Batch } from './worker-records.js';

// The entry of a msgr-worker-N thread.
const { entry, port, data, monotonicNow } = attachThread();

const worker = new MsgrWorker({
  backlog: data['backlog'] as number,
  post: (batch, transfer) => port.postMessage(batch, transfer),
  now: monotonicNow,
  onRead: (records, ms) => {
    entry.countWakeup();
    entry.addItems(records);
    entry.countSlice(ms);
  },
  onExit: () => port.close(),
});

port.on('message', (batch: Batch) => {
  const begin = monotonicNow();
  entry.state = 'running';
  entry.countWakeup();
  entry.addItems(worker.handle(batch));
  entry.countSlice(monotonicNow() - begin);
  entry.state = 'waiting';
});
