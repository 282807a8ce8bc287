// `npm start`: builds what is not built, then runs the demo on this repository's own node_modules.
import './ensure-built.mjs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const given = process.argv.slice(2);
const args = given.includes('--dir') ? given : ['--dir', path.join(root, 'node_modules'), ...given];
const cli = path.join(root, 'packages', 'mds-reference', 'dist', 'cli.js');
const { status } = spawnSync(process.execPath, [cli, 'demo', ...args], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
