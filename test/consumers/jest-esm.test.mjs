import * as asyncMessenger from '@cephts/async-messenger';
import * as common from '@cephts/common';
import * as dispatchQueue from '@cephts/dispatch-queue';
import * as encoding from '@cephts/encoding';
import * as finisher from '@cephts/finisher';
import * as mdsReference from '@cephts/mds-reference';
import * as safeTimer from '@cephts/safe-timer';
import exercise from './exercise.cjs';

const modules = { asyncMessenger, common, dispatchQueue, encoding, finisher, mdsReference, safeTimer };
test('the primitives work under jest', () => exercise.primitives(modules));
test('a messenger works under jest', () => exercise.messenger(modules, 0));
test('a messenger with workers works under jest', () => exercise.messenger(modules, 1));
test('an MDS works under jest', () => exercise.mds(modules));
