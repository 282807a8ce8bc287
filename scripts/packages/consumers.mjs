// Fresh consumers: the tarballs installed into an empty folder, and the programs of test/consumers run there, on each version of Node as ESM,
// CJS, TypeScript and under jest, then on Bun and Deno. Nothing of this checkout is on their path but the tools that run them.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bun, deno, Missing, node, version } from '../../test/runtimes/runtimes.mjs';
import { check, report, run } from './report.mjs';
import { fromTarballs, root } from './tarballs.mjs';

const required = process.env.CEPHTS_REQUIRE_RUNTIMES === '1';
const tool = (...parts) => path.join(root, 'node_modules', ...parts);

/** A folder with the tarballs installed, and the programs copied in. */
export async function makeConsumer(scratch, tarballs) {
  const dir = path.join(scratch, 'consumer');
  mkdirSync(dir);
  const types = JSON.parse(readFileSync(tool('@types', 'node', 'package.json'), 'utf8')).version;
  const { dependencies, overrides } = fromTarballs(tarballs);
  writeFileSync(
    path.join(dir, 'package.json'),
    JSON.stringify(
      { name: 'consumer', private: true, dependencies: { ...dependencies, '@types/node': types }, overrides },
      null,
      2,
    ),
  );
  await check('the tarballs install into an empty folder', 'npm', ['install', '--no-audit', '--no-fund'], { cwd: dir });
  cpSync(path.join(root, 'test', 'consumers'), dir, { recursive: true });
  for (const typed of ['typed-esm.mts', 'typed-cjs.cts', 'typed-bundler.mts']) {
    cpSync(path.join(dir, 'typed.ts'), path.join(dir, typed));
  }
  writeFileSync(
    path.join(dir, 'jest.config.json'),
    JSON.stringify({ rootDir: '.', testMatch: ['**/jest-*.test.?js'], moduleFileExtensions: ['mjs', 'cjs', 'js'], transform: {} }),
  );
  return dir;
}

async function compile(dir) {
  const common = [tool('typescript', 'bin', 'tsc'), '--strict', '--target', 'es2022', '--lib', 'es2023,esnext.disposable'];
  const rest = ['--types', 'node', '--outDir', 'typed'];
  for (const [module, resolution, files] of [
    ['node16', 'node16', ['typed-esm.mts', 'typed-cjs.cts']],
    ['nodenext', 'nodenext', ['typed-esm.mts', 'typed-cjs.cts']],
    ['esnext', 'bundler', ['typed-bundler.mts']],
  ]) {
    const args = [...common, '--module', module, '--moduleResolution', resolution, ...rest, ...files];
    await check(`TypeScript, moduleResolution ${resolution}, declarations checked too`, process.execPath, args, { cwd: dir });
  }
}

async function runOnNode(dir, major) {
  const command = node(major);
  const on = `Node ${version(command, '--version').slice(1)}`;
  for (const program of ['esm.mjs', 'cjs.cjs', 'both-copies.mjs'])
    await check(`${on}: ${program}`, command, [program], { cwd: dir });
  for (const program of ['typed-esm.mjs', 'typed-cjs.cjs', 'typed-bundler.mjs']) {
    await check(`${on}: ${program}, compiled`, command, [path.join('typed', program)], { cwd: dir });
  }
  const jest = ['--experimental-vm-modules', '--no-warnings', tool('jest', 'bin', 'jest.js'), '--rootDir', '.'];
  await check(`${on}: jest, as ESM and as CJS`, command, [...jest, '--forceExit=false'], { cwd: dir });
  for (const bin of ['cephts-mds', 'cephts']) {
    await check(`${on}: ${bin} --help`, command, [path.join('node_modules', '.bin', bin), '--help'], { cwd: dir });
  }
}

async function runElsewhere(dir) {
  const others = {
    Bun: () => [bun(), []],
    Deno: () => [deno(), ['run', '--allow-all', '--no-lock', '--node-modules-dir=manual']],
  };
  for (const [name, find] of Object.entries(others)) {
    const [command, args] = find();
    await check(`${name}: portable.mjs`, command, [...args, 'portable.mjs'], { cwd: dir, says: 'consumer: ok' });
  }
}

/** Runs every program on everything; what cannot be had is skipped, or failed with CEPHTS_REQUIRE_RUNTIMES=1. */
export async function checkConsumers(dir) {
  await compile(dir);
  const steps = [...[20, 22, 24].map((major) => () => runOnNode(dir, major)), () => runElsewhere(dir)];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      if (required) report(false, error.message);
      else console.log(`skip ${error.message}`);
    }
  }
  const { output } = await run('npm', ['ls', '--all', '--json'], { cwd: dir });
  const problems = JSON.parse(output).problems ?? [];
  report(problems.length === 0, 'the installed tree is whole', problems.join('; '));
}
