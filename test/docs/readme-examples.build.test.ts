// Every ```ts block of the READMEs and the guides compiles (all of them as one program) and runs to its end against the built packages.
// Those of docs/real-cluster.md run in test/ceph, against a cluster.
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

function examplesOf(readme: string): Example[] {
  const file = path.join(root, readme);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const name = readme.replace(/\.md$/, '').replace(/\W+/g, '-');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match, i) => ({
    readme,
    line: text.slice(0, match.index).split('\n').length + 1,
    file: path.join(scratch, `${name}-${i + 1}.ts`),
    source: match[1] as string,
  }));
}

const guides = readdirSync(path.join(root, 'docs'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`);
const readmes = readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/README.md`);
const examples = ['README.md', ...readmes, ...guides].flatMap(examplesOf);
const runnable = examples.filter(({ readme }) => readme !== 'docs/real-cluster.md');

beforeAll(() => {
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  writeFileSync(path.join(scratch, 'package.json'), '{ "type": "module" }\n');
  // a module each, so that two may use the same names
  for (const { file, source } of examples)
    writeFileSync(file, /^(import|export) /m.test(source) ? source : `${source}export {};\n`);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the examples of READMEs and guides', () => {
  it('are there for every package that others install, and in the guides', () => {
    const names = new Set(examples.map((example) => example.readme));
    for (const name of ['common', 'encoding', 'finisher', 'safe-timer', 'dispatch-queue']) {
      expect(names).toContain(`packages/${name}/README.md`);
    }
    for (const name of ['start-here', 'threads', 'threads.zh', 'finisher', 'own-processes', 'real-cluster', 'security']) {
      expect(names).toContain(`docs/${name}.md`);
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

  it.each(runnable.map((example) => [`${example.readme}:${example.line}`, example] as const))(
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
