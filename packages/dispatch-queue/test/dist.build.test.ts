import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';

const root = path.join(import.meta.dirname, '../../..');
const run = (script: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: path.join(root, 'packages/dispatch-queue'),
    encoding: 'utf8',
    timeout: 20_000,
  });

describe('the built package', () => {
  it('works as ESM and as CommonJS', () => {
    const script = `
      const queue = DispatchQueue.of({ deliver: (m) => console.log(m) });
      queue.start();
      queue.enqueue('low', 64);
      queue.enqueue('high', 200);
      await queue.close();`;
    expect(run(`import { DispatchQueue } from '@cephts/dispatch-queue';${script}`)).toBe('high\nlow\n');
    expect(
      run(
        `import { createRequire } from 'node:module'; const { DispatchQueue } = createRequire(process.cwd() + '/x.js')('@cephts/dispatch-queue');${script}`,
      ),
    ).toBe('high\nlow\n');
  });

  it('holds no process open: idle, paused with messages waiting, or never closed', () => {
    const script = `import { DispatchQueue } from '@cephts/dispatch-queue';
      const idle = DispatchQueue.of({ deliver: () => 0 });
      idle.start();
      const paused = DispatchQueue.of({ deliver: () => 0 });
      paused.start();
      paused.pause();
      paused.enqueue('waits');
      void paused.waitForEmpty();
      console.log('done');`;
    expect(run(script)).toBe('done\n');
  });

  it('makes what a handler throws an uncaught exception, and goes on to the next message', () => {
    const script = `import { DispatchQueue } from '@cephts/dispatch-queue';
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      const queue = DispatchQueue.of({ deliver: (m) => { if (m === 'bad') throw new Error('boom'); console.log(m); } });
      queue.start();
      queue.enqueue('bad');
      queue.enqueue('good');
      await queue.close();
      await new Promise((resolve) => setTimeout(resolve, 10));`;
    expect(run(script)).toBe('good\nuncaught boom\n');
  });

  it('is at most 7 kB minified and compressed, with all it needs', async () => {
    const { build } = createRequire(path.join(root, 'package.json'))('esbuild') as {
      build(options: object): Promise<{ outputFiles: { contents: Uint8Array }[] }>;
    };
    const result = await build({
      stdin: {
        contents: `export { DispatchQueue } from '@cephts/dispatch-queue'`,
        resolveDir: path.join(root, 'packages/dispatch-queue'),
      },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    expect(gzipSync(result.outputFiles[0]!.contents, { level: 9 }).length).toBeLessThanOrEqual(7000);
  });

  it('still gives the shares that the picture in the docs shows', async () => {
    const { draw } = (await import(path.join(root, 'docs/weighted-policy.mjs'))) as { draw(): string };
    expect(draw()).toBe(readFileSync(path.join(root, 'docs/weighted-policy.svg'), 'utf8'));
  });
});
