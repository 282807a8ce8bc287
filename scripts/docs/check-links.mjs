// `node scripts/docs/check-links.mjs`: does every link of the built site lead somewhere? Pages and files must be there, and within a page the
// place that a # names. Links that leave the site are counted and not followed: CI has no network.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const site = path.join(import.meta.dirname, '..', '..', 'docs', 'api');

const decode = (text) =>
  decodeURIComponent(
    text
      .replace(/&amp;/g, '&')
      .replace(/&#39;/g, "'")
      .replace(/&quot;/g, '"'),
  );
const placesOf = (html) => new Set([...html.matchAll(/\s(?:id|name)="([^"]+)"/g)].map(([, id]) => decode(id)));

/** @returns {{ pages: number, links: number, outside: number, broken: string[] }} */
export function checkLinks(folder = site) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.html'));
  const pages = new Map(files.map((file) => [path.join(folder, file), readFileSync(path.join(folder, file), 'utf8')]));
  const places = new Map();
  const broken = [];
  let links = 0;
  let outside = 0;
  for (const [file, html] of pages) {
    for (const [, target] of html.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^[a-z][a-z+.-]*:/i.test(target)) {
        if (!/^(https:|data:)/.test(target)) broken.push(`${path.relative(folder, file)}: ${target} is no https`);
        outside++;
        continue;
      }
      links++;
      const [where, place] = decode(target).split('#');
      const to = where === '' ? file : path.join(path.dirname(file), where);
      if (!existsSync(to) || !statSync(to).isFile()) broken.push(`${path.relative(folder, file)}: ${target} is not there`);
      else if (place && pages.has(to)) {
        if (!places.has(to)) places.set(to, placesOf(pages.get(to)));
        if (!places.get(to).has(place)) broken.push(`${path.relative(folder, file)}: ${target} names no place`);
      }
    }
  }
  return { pages: pages.size, links, outside, broken };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { pages, links, outside, broken } = checkLinks();
  for (const line of broken) console.error(line);
  console.log(`${pages} pages, ${links} links within the site, ${outside} out of it, ${broken.length} broken`);
  process.exit(broken.length > 0 || pages === 0 ? 1 : 0);
}
