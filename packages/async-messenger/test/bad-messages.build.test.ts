import { badMessageSuite } from './kit/bad-message-suite.js';

badMessageSuite('in threads', 'workers');
