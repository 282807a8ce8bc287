/** What {@link el} takes: properties by name, `class` and `data-…`/`aria-…` as attributes, and `on…` listeners. */
export interface Attrs {
  class?: string;
  text?: string;
  [name: string]: string | number | boolean | ((event: Event) => void) | undefined;
}

/** Makes an element. Text is never taken for markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attrs: Attrs = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  apply(element, attrs);
  element.append(...children);
  return element;
}

/** The same for SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attrs: Attrs = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  apply(element, attrs);
  element.append(...children);
  return element;
}

function apply(element: Element, attrs: Attrs): void {
  for (const [name, value] of Object.entries(attrs)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
    else if (name === 'text') element.textContent = String(value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** An element of the page by its id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element as T;
}

/** Sets text only where it changed, so that nothing is laid out for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A table that keeps its rows: only cells that changed are touched. */
export class LiveTable {
  readonly element: HTMLTableElement;
  readonly #body: HTMLTableSectionElement;
  readonly #rows = new Map<string, HTMLTableRowElement>();
  readonly #numeric: readonly boolean[];

  /** @param columns names; one that begins with `#` holds numbers */
  constructor(caption: string, columns: readonly string[]) {
    this.#numeric = columns.map((name) => name.startsWith('#'));
    this.#body = el('tbody');
    this.element = el(
      'table',
      {},
      el('caption', { class: 'hidden', text: caption }),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...columns.map((name) =>
            el('th', { scope: 'col', class: name.startsWith('#') ? 'number' : '', text: name.replace(/^#/, '') }),
          ),
        ),
      ),
      this.#body,
    );
  }

  /** Shows these rows, in this order; each has a key of its own. */
  update(rows: readonly { key: string; cells: readonly string[]; dim?: boolean }[]): void {
    const seen = new Set<string>();
    let previous: Element | null = null;
    for (const { key, cells, dim = false } of rows) {
      seen.add(key);
      let row = this.#rows.get(key);
      if (!row) {
        row = el('tr', { 'data-key': key }, ...cells.map((_, i) => el('td', { class: this.#numeric[i] ? 'number' : '' })));
        this.#rows.set(key, row);
      }
      cells.forEach((text, i) => setText(row.cells[i] as Element, text));
      row.classList.toggle('dim', dim);
      const place: Element | null = previous ? previous.nextElementSibling : this.#body.firstElementChild;
      if (place !== row) this.#body.insertBefore(row, place);
      previous = row;
    }
    for (const [key, row] of this.#rows) {
      if (seen.has(key)) continue;
      row.remove();
      this.#rows.delete(key);
    }
  }
}
