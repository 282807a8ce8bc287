import type { Hello, Sample } from '../sample.js';
import { byId, setText } from './dom.js';

/** What a {@link Feed} brings. */
export interface FeedListener {
  onHello: (hello: Hello) => void;
  onSample: (sample: Sample) => void;
}

/** The stream of samples, and whether it flows. A page that nobody sees gives it up, so that the daemon need not look either. */
export class Feed {
  readonly #live = byId('live');
  readonly #listener: FeedListener;
  #source: EventSource | undefined;
  #paused = false;

  constructor(listener: FeedListener) {
    this.#listener = listener;
    const button = byId('pause');
    button.addEventListener('click', () => {
      this.#paused = !this.#paused;
      button.setAttribute('aria-pressed', String(this.#paused));
      setText(button, this.#paused ? 'Go on' : 'Pause');
      this.#follow();
    });
    document.addEventListener('visibilitychange', () => this.#follow());
    this.#follow();
  }

  /** Is the stream wanted? Then it is opened, else closed. */
  #follow(): void {
    if (this.#paused) this.#show('paused', 'paused');
    const wanted = !this.#paused && document.visibilityState === 'visible';
    if (wanted) this.#source ??= this.#open();
    else {
      this.#source?.close();
      this.#source = undefined;
    }
  }

  #open(): EventSource {
    const source = new EventSource('/api/events');
    this.#show('connecting', 'connecting');
    const data = <T>(event: Event): T => JSON.parse((event as MessageEvent<string>).data) as T;
    source.addEventListener('hello', (event) => this.#listener.onHello(data<Hello>(event)));
    source.addEventListener('sample', (event) => {
      this.#show('live', 'live');
      this.#listener.onSample(data<Sample>(event));
    });
    source.addEventListener('error', () => this.#show('lost', source.readyState === EventSource.CLOSED ? 'ended' : 'reconnecting'));
    return source;
  }

  #show(state: string, text: string): void {
    this.#live.dataset['state'] = state;
    setText(this.#live, text);
  }
}
