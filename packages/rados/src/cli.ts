#!/usr/bin/env node
import { runCephts } from './cli/main.js';
import { runRados } from './cli/rados.js';

const [command, ...args] = process.argv.slice(2);
process.exitCode = command === 'rados' ? await runRados(args, process) : await runCephts(process.argv.slice(2), process.env);
