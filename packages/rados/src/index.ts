export { CephConfFile } from './conf/conf-file.js';
