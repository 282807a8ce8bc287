// Puts the drawings and plots of the guides into the pages themselves, so that they take the page's colours (docs/site.css) where the reader
// switches between light and dark. Elsewhere, on a forge or in an editor, they are images as in any Markdown.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PageEvent } from 'typedoc';

const docs = path.join(import.meta.dirname, '..', '..', 'docs');

/** The drawing of that file name, without the colours that it has for itself, in a frame that scrolls where the screen is narrow. */
function framed(name) {
  const file = ['drawings', 'figures'].map((folder) => path.join(docs, folder, name)).find((candidate) => existsSync(candidate));
  if (!file) return undefined;
  const svg = readFileSync(file, 'utf8').replace(/<style>[\s\S]*?<\/style>\s*/, '');
  return `<span class="drawing-frame" tabindex="0">${svg}</span>`;
}

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.renderer.on(PageEvent.END, (page) => {
    page.contents = page.contents?.replace(/<img src="[^"]*?([\w.-]+\.svg)"[^>]*>/g, (image, name) => framed(name) ?? image);
  });
}
