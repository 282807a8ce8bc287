// Bundles what `tsc -b` emitted into packages/*/build as packages/*/dist: ESM, CJS, and types for both.
// Entries: every path of the package's `exports`, every `bin`, and every src/**/*.worker.ts (ESM only: a worker is loaded by URL).
// A folder src/**/NAME/page with a main.ts is a web page: it becomes dist/NAME-page, main.ts as app.js beside the other files.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { dts } from 'rollup-plugin-dts';

const root = import.meta.dirname;
const only = process.env.CEPHTS_PACKAGE;

/** Lets rollup chain its source maps to the ones that tsc wrote. */
const chainSourceMaps = {
  name: 'chain-source-maps',
  load(id) {
    const map = `${id}.map`;
    return id.endsWith('.js') && existsSync(map) ? { code: readFileSync(id, 'utf8'), map: readFileSync(map, 'utf8') } : null;
  },
};

const isExternal = (id) => !id.startsWith('.') && !path.isAbsolute(id);

function workersOf(dir) {
  const found = {};
  for (const file of readdirSync(path.join(dir, 'src'), { recursive: true })) {
    if (file.endsWith('.worker.ts')) found[path.basename(file, '.ts')] = path.join(dir, 'build', file.replace(/\.ts$/, '.js'));
  }
  return found;
}

function pagesOf(dir) {
  return readdirSync(path.join(dir, 'src'), { recursive: true })
    .filter((file) => /[/\\]page[/\\]main\.ts$/.test(file))
    .map((file) => {
      const source = path.join(dir, 'src', path.dirname(file));
      const target = path.join(dir, 'dist', `${path.basename(path.dirname(source))}-page`);
      return {
        input: path.join(dir, 'build', file.replace(/\.ts$/, '.js')),
        output: { file: path.join(target, 'app.js'), format: 'es' },
        plugins: [
          {
            name: 'copy-page-files',
            writeBundle() {
              mkdirSync(target, { recursive: true });
              for (const other of readdirSync(source).filter((one) => !one.endsWith('.ts')))
                copyFileSync(path.join(source, other), path.join(target, other));
            },
          },
        ],
      };
    });
}

function configsOf(name) {
  const dir = path.join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
  const entries = {};
  for (const target of Object.values(manifest.exports)) {
    if (typeof target === 'string') continue;
    const entry = path.basename(target.import.default, '.js');
    entries[entry] = path.join(dir, 'build', `${entry}.js`);
  }
  const bins = {};
  for (const target of Object.values(manifest.bin ?? {})) {
    const entry = path.basename(target, '.js');
    bins[entry] = path.join(dir, 'build', entry + '.js');
  }
  if (Object.values(entries).some((file) => !existsSync(file))) return [];
  rmSync(path.join(dir, 'dist'), { recursive: true, force: true });
  const output = { dir: path.join(dir, 'dist'), sourcemap: true, sourcemapExcludeSources: false };
  const shared = { external: isExternal, plugins: [chainSourceMaps] };
  return [
    {
      ...shared,
      input: { ...entries, ...bins, ...workersOf(dir) },
      output: { ...output, format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    },
    {
      ...shared,
      input: entries,
      output: { ...output, format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name]-[hash].cjs' },
    },
    ...pagesOf(dir),
    ...['d.ts', 'd.cts'].map((extension) => ({
      input: Object.fromEntries(Object.entries(entries).map(([key, file]) => [key, file.replace(/\.js$/, '.d.ts')])),
      external: isExternal,
      plugins: [dts({ respectExternal: false })],
      output: {
        dir: output.dir,
        format: 'es',
        entryFileNames: `[name].${extension}`,
        chunkFileNames: `[name]-[hash].${extension}`,
      },
    })),
  ];
}

const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const names = workspaces.map((workspace) => path.basename(workspace)).filter((name) => !only || only === name);
export default names.flatMap(configsOf);
