import { badMessageSuite } from './kit/bad-message-suite.js';

badMessageSuite('inline', 'posix');
