#!/usr/bin/env node
import { runCephts } from './cli/main.js';

process.exitCode = await runCephts(process.argv.slice(2), process.env);
