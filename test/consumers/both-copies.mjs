// The ESM and the CJS copy of a package in one process: what one makes, the other takes.
import { createRequire } from 'node:module';
import * as esmCommon from '@cephts/common';
import * as esmQueue from '@cephts/dispatch-queue';
import * as esmEncoding from '@cephts/encoding';
import * as esmFinisher from '@cephts/finisher';
import * as esmMessenger from '@cephts/async-messenger';
import * as esmTimer from '@cephts/safe-timer';
import exercise from './exercise.cjs';

const require = createRequire(import.meta.url);
const { same } = exercise;
const esm = {
  common: esmCommon,
  dispatchQueue: esmQueue,
  encoding: esmEncoding,
  finisher: esmFinisher,
  asyncMessenger: esmMessenger,
  safeTimer: esmTimer,
};
const cjs = {
  common: require('@cephts/common'),
  dispatchQueue: require('@cephts/dispatch-queue'),
  encoding: require('@cephts/encoding'),
  finisher: require('@cephts/finisher'),
  asyncMessenger: require('@cephts/async-messenger'),
  safeTimer: require('@cephts/safe-timer'),
};
same('two copies', esm.common.CephError === cjs.common.CephError, false);

for (const [one, other] of [
  [esm, cjs],
  [cjs, esm],
]) {
  const thrown = (run) => {
    try {
      return void run();
    } catch (error) {
      return error;
    }
  };
  const invalid = thrown(() => new one.finisher.Finisher(undefined, { sliceMs: 'many' }));
  same('an error is a CephError of the other copy', invalid instanceof other.common.CephError, true);
  same('and no AbortedError', invalid instanceof other.common.AbortedError, false);
  same('isCephError', other.common.isCephError(invalid), true);
  const aborted = new one.common.AbortedError('over');
  same('an AbortedError is one of the other copy', aborted instanceof other.common.AbortedError, true);
  const garbage = thrown(() => new one.encoding.Decoder(new Uint8Array(2), 'garbage').u64());
  same('a DecodeError is one of the other copy', garbage instanceof other.encoding.DecodeError, true);
  same('and a CephError', garbage instanceof other.common.CephError, true);
  same('and what is neither is not', new Error('plain') instanceof other.encoding.DecodeError, false);

  // a context, a throttle, a clock, a cct of one copy in the primitives of the other
  await exercise.primitives({ ...one, common: other.common });
  const cond = new other.common.C_SaferCond();
  const fin = new one.finisher.Finisher();
  fin.start();
  fin.queue(new other.finisher.C_OnFinisher(cond, fin), -2);
  same('contexts', await cond.wait(), -2);
  await fin.close();

  const dispatchThrottler = new other.common.Throttle(new other.common.CephContext(), 'bytes', 100);
  const queue = one.dispatchQueue.DispatchQueue.of({ deliver: () => undefined }, { dispatchThrottler });
  dispatchThrottler.take(60);
  queue.enqueue({ dispatchThrottleSize: 60 });
  queue.start();
  await queue.waitForEmpty();
  same('the throttle is given back', dispatchThrottler.count, 0);
  await queue.close();

  await exercise.messenger({ ...one, common: other.common, encoding: other.encoding }, 0);
}
console.log('consumer: ok');
