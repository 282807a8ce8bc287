// Every ```ts block of every package README compiles (all of them as one program) and runs to its end against the built packages.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const root = path.join(import.meta.dirname, '..', '..');
/** Inside the repository, so that the packages are found; out of sight of lint and of git. */
const scratch = path.join(root, 'node_modules', '.cache', 'readme-examples');

interface Example {
  readme: string;
  line: number;
  file: string;
  source: string;
}

function examplesOf(name: string): Example[] {
  const readme = path.join(root, 'packages', name, 'README.md');
  if (!existsSync(readme)) return [];
  const text = readFileSync(readme, 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match, i) => ({
    readme: `packages/${name}/README.md`,
    line: text.slice(0, match.index).split('\n').length + 1,
    file: path.join(scratch, `${name}-${i + 1}.ts`),
    source: match[1] as string,
  }));
}

const examples = readdirSync(path.join(root, 'packages')).flatMap(examplesOf);

beforeAll(() => {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  writeFileSync(path.join(scratch, 'package.json'), '{ "type": "module" }\n');
  // a module each, so that two may use the same names
  for (const { file, source } of examples)
    writeFileSync(file, /^(import|export) /m.test(source) ? source : `${source}export {};\n`);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('README examples', () => {
  it('are there for every package that others install', () => {
    const names = new Set(examples.map((example) => example.readme));
    for (const name of ['common', 'encoding', 'finisher', 'safe-timer', 'dispatch-queue']) {
      expect(names).toContain(`packages/${name}/README.md`);
    }
  });

  it('compile, with strict types', () => {
    const program = ts.createProgram(
      examples.map((example) => example.file),
      {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
        types: ['node'],
        typeRoots: [path.join(root, 'node_modules', '@types')],
        strict: true,
        skipLibCheck: true,
        outDir: scratch,
      },
    );
    const messages = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const example = examples.find((candidate) => candidate.file === path.normalize(file?.fileName ?? ''));
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line : 0;
      return `${example?.readme}:${(example?.line ?? 0) + line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
    program.emit();
    expect(messages).toEqual([]);
  }, 120_000);

  it.each(examples.map((example) => [`${example.readme}:${example.line}`, example] as const))(
    'run: %s',
    (_name, { file }) => {
      const { status, stderr, stdout } = spawnSync(process.execPath, [file.replace(/\.ts$/, '.js')], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 });
    },
    70_000,
  );
});
