import { hostileSuite } from './kit/hostile-suite.js';

hostileSuite('inline', 'posix');
