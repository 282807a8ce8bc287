import { byId, setText } from './dom.js';

/** The dialog that shows one thing closely: a thread, or an operation. */
export class Detail {
  readonly #dialog = byId<HTMLDialogElement>('detail');
  readonly #body = byId('detail-body');
  #key = '';

  constructor() {
    this.#dialog.addEventListener('close', () => (this.#key = ''));
    // a click beside it closes it
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  /** @param key what is shown, for {@link refresh} */
  show(key: string, title: string, content: Node): void {
    this.#key = key;
    setText(byId('detail-title'), title);
    this.#body.replaceChildren(content);
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** Something new is known: `content` is asked for what is shown. */
  refresh(content: (key: string) => Node | undefined): void {
    if (this.#key === '') return;
    const node = content(this.#key);
    if (node && node !== this.#body.firstChild) this.#body.replaceChildren(node);
  }
}
