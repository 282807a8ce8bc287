import * as asyncMessenger from '@cephts/async-messenger';
import * as common from '@cephts/common';
import '@cephts/common/node';
import * as dispatchQueue from '@cephts/dispatch-queue';
import * as encoding from '@cephts/encoding';
import * as finisher from '@cephts/finisher';
import * as mdsReference from '@cephts/mds-reference';
import * as rados from '@cephts/rados';
import * as safeTimer from '@cephts/safe-timer';
import exercise from './exercise.cjs';

const modules = { asyncMessenger, common, dispatchQueue, encoding, finisher, mdsReference, rados, safeTimer };
exercise.same('rados exports something', Object.keys(rados).length > 0, true);
await exercise.primitives(modules);
exercise.encoding(modules);
await exercise.messenger(modules, 0);
await exercise.messenger(modules, 2);
await exercise.mds(modules);

for (const deep of [
  '@cephts/finisher/dist/index.js',
  '@cephts/async-messenger/dist/msgr-worker.worker.js',
  '@cephts/common/src/errors.ts',
]) {
  const code = await import(deep).then(
    () => 'open',
    (error) => error.code,
  );
  exercise.same(`exports are closed: ${deep}`, code, 'ERR_PACKAGE_PATH_NOT_EXPORTED');
}
