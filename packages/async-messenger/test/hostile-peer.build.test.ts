import { hostileSuite } from './kit/hostile-suite.js';

hostileSuite('in threads', 'workers');
