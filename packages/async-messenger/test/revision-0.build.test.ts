import { revision0Suite } from './kit/revision-0-suite.js';

revision0Suite('in threads', 'workers');
