// A messenger, for bundles that run in Node: where its worker's file is not found, the event centers run inline.
import * as asyncMessenger from '@cephts/async-messenger';
import * as common from '@cephts/common';
import * as encoding from '@cephts/encoding';
import exercise from './exercise.cjs';

const modules = { asyncMessenger, common, encoding };
await exercise.messenger(modules, 0);
await exercise.messenger(modules, 2, true);
console.log('consumer: ok');
