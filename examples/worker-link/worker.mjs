// The worker's process: takes jobs and sends what came of them on the connection they came on. A stateful server keeps the session of a
// coordinator whose socket breaks: jobs that were sent again are recognised, results that were lost on the way are sent again.
import { Messenger, Policy } from '@cephts/async-messenger';
import { CephContext } from '@cephts/common';
import { EntityAddr, EntityAddrVec, EntityName } from '@cephts/encoding';
import { MJob, MResult, registry } from './messages.mjs';

const messenger = new Messenger(new CephContext({ conf: { ms_async_op_threads: 0 } }), {
  name: EntityName.osd(1),
  logicalName: 'worker',
  registry: registry(),
});
messenger.setDefaultPolicy(Policy.statefulServer());
const addrs = await messenger.bindv(new EntityAddrVec([EntityAddr.of(EntityAddr.TYPE_MSGR2, '127.0.0.1', 0)]));
messenger.start();

let done = 0;
messenger.addDispatcherTail({
  msDispatch(job) {
    if (!(job instanceof MJob)) return false;
    done++;
    job.connection.sendMessage(Object.assign(new MResult(), { id: job.id, text: job.text.toUpperCase() }));
    return true;
  },
});

process.on('message', async (request) => {
  if (request === 'count') process.send({ done });
  if (request === 'end') {
    await messenger.shutdown();
    process.disconnect();
  }
});
process.send({ addr: String(addrs) });
