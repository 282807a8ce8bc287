/** Strings that repeat, each told once. */
export class Words {
  readonly list: string[] = [];
  readonly #index = new Map<string, number>();

  index(word: string): number {
    let index = this.#index.get(word);
    if (index === undefined) this.#index.set(word, (index = this.list.push(word) - 1));
    return index;
  }
}
