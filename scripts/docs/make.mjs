// `npm run docs:drawings`: writes the drawings and plots of the guides. They are committed, so that they show wherever the Markdown does.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DRAWINGS } from './drawings.mjs';
import { plots } from './plots.mjs';

const docs = path.join(import.meta.dirname, '..', '..', 'docs');

/** Every generated picture, by its path in docs/. */
export function pictures() {
  const drawings = Object.entries(DRAWINGS).map(([name, draw]) => [`drawings/${name}`, draw()]);
  return new Map([...drawings, ...plots(path.join(docs, 'figures'))]);
}

if (process.argv[1] === import.meta.filename) {
  for (const [name, svg] of pictures()) {
    mkdirSync(path.dirname(path.join(docs, name)), { recursive: true });
    writeFileSync(path.join(docs, name), svg);
  }
}
