'use strict';
const exercise = require('./exercise.cjs');

const modules = {
  asyncMessenger: require('@cephts/async-messenger'),
  common: require('@cephts/common'),
  dispatchQueue: require('@cephts/dispatch-queue'),
  encoding: require('@cephts/encoding'),
  finisher: require('@cephts/finisher'),
  mdsReference: require('@cephts/mds-reference'),
  safeTimer: require('@cephts/safe-timer'),
};
test('the primitives work under jest', () => exercise.primitives(modules));
test('a messenger works under jest', () => exercise.messenger(modules, 0));
test('a messenger with workers works under jest', () => exercise.messenger(modules, 1));
test('an MDS works under jest', () => exercise.mds(modules));
test('errors keep their class', () => {
  expect(() => new modules.finisher.Finisher(undefined, { sliceMs: 'many' })).toThrow(modules.common.CephError);
});
