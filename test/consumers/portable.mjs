// For runtimes that are no Node, and for bundles: what has no `node:` import.
import * as common from '@cephts/common';
import * as dispatchQueue from '@cephts/dispatch-queue';
import * as encoding from '@cephts/encoding';
import * as finisher from '@cephts/finisher';
import * as safeTimer from '@cephts/safe-timer';
import exercise from './exercise.cjs';

const modules = { common, dispatchQueue, encoding, finisher, safeTimer };
globalThis.consumer = exercise
  .primitives(modules)
  .then(() => exercise.encoding(modules))
  .then(
    () => 'consumer: ok',
    (error) => `consumer: ${error.stack ?? error}`,
  );
console.log(await globalThis.consumer);
