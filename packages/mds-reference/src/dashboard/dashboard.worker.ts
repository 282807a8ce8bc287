// The `dashboard` thread: serves the page and the metrics. Numbers come from shared memory; what only the main isolate knows it is asked for.
import { attachThread } from '@cephts/common/node';
import { ProcessMirror } from '../services/process-mirror.js';
import type { DashboardData, DashboardReply, DashboardRequest } from './dashboard-protocol.js';
import { DashboardServer } from './http-server.js';
import { renderMetrics } from './metrics.js';
import { Sampler } from './sampler.js';
import type { PerfSample } from './sample.js';

const { entry, port, data, monotonicNow } = attachThread();
const { host, port: wanted, token, page, greeting, interval } = data['dashboard'] as DashboardData;
const mirror = new ProcessMirror({ version: greeting.ceph, release: '', releaseType: '' });

const send = (reply: DashboardReply): void => port.postMessage(reply);

/** Counts a turn of this thread. */
function work<T>(run: () => T): T {
  const begin = monotonicNow();
  entry.state = 'running';
  entry.countWakeup();
  try {
    return run();
  } finally {
    entry.addItems(1);
    entry.countSlice(monotonicNow() - begin);
    entry.state = 'waiting';
  }
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const sampler = new Sampler(
  {
    look: () =>
      work(() => ({
        threads: mirror.threads(),
        perf: Object.fromEntries(mirror.perf().map((counters) => [counters.name, counters.dump()])) as PerfSample,
        rss: process.memoryUsage.rss(),
        cpu: cpuSeconds(),
      })),
    ask: (id) => send({ type: 'ask', id }),
  },
  interval,
);

const server = new DashboardServer(
  {
    hello: () => ({ ...greeting, interval, history: [...sampler.history] }),
    sample: () => sampler.sample(),
    watch: (watcher) => sampler.watch((sample) => work(() => watcher(sample))),
    metrics: async () => {
      const { threads, rss, cpu, daemon } = await sampler.sample();
      const { name, ceph, host: hostname } = greeting;
      return work(() => renderMetrics({ name, ceph, host: hostname, perf: mirror.perf(), threads, rss, cpu, daemon }));
    },
  },
  page,
  token,
);

port.on('message', (request: DashboardRequest) => {
  if (request.type === 'mirror') mirror.apply(request.update);
  else if (request.type === 'daemon') sampler.answered(request.id, request.sample);
  else {
    server.close();
    process.exit(0);
  }
});

server.listen(host, wanted).then(
  (actual) => send({ type: 'listening', host, port: actual }),
  (error: NodeJS.ErrnoException) => send({ type: 'failed', message: `cannot listen on ${host}:${wanted}: ${error.message}` }),
);
