'use strict';
const exercise = require('./exercise.cjs');

require('@cephts/common/node');
const modules = {
  asyncMessenger: require('@cephts/async-messenger'),
  common: require('@cephts/common'),
  dispatchQueue: require('@cephts/dispatch-queue'),
  encoding: require('@cephts/encoding'),
  finisher: require('@cephts/finisher'),
  mdsReference: require('@cephts/mds-reference'),
  rados: require('@cephts/rados'),
  safeTimer: require('@cephts/safe-timer'),
};
async function main() {
  await exercise.primitives(modules);
  exercise.encoding(modules);
  await exercise.messenger(modules, 0);
  await exercise.messenger(modules, 2);
  await exercise.mds(modules);
}
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
