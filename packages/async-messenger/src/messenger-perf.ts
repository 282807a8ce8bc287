import type { CephContext, PerfCounters } from '@cephts/common';

const COUNTERS = [
  ['msgr_recv_messages', 'counter', 'messages received'],
  ['msgr_send_messages', 'counter', 'messages sent'],
  ['msgr_recv_bytes', 'counter', 'bytes of messages received'],
  ['msgr_send_bytes', 'counter', 'bytes of messages sent'],
  ['msgr_created_connections', 'counter', 'connections created'],
  ['msgr_active_connections', 'gauge', 'connections that are not closed'],
] as const;

/** Counters of one messenger: `AsyncMessenger::Worker-N`, N counting the messengers of the context. */
export class MessengerPerf {
  readonly #cct: CephContext;
  readonly #counters: PerfCounters;

  constructor(cct: CephContext) {
    this.#cct = cct;
    let index = 0;
    while (cct.perf.get(`AsyncMessenger::Worker-${index}`)) index++;
    this.#counters = cct.perf.create(
      `AsyncMessenger::Worker-${index}`,
      COUNTERS.map(([key, type, description]) => ({ key, type, description })),
    );
  }

  received(bytes: number): void {
    this.#counters.inc(0);
    this.#counters.inc(2, bytes);
  }

  sent(bytes: number): void {
    this.#counters.inc(1);
    this.#counters.inc(3, bytes);
  }

  created(): void {
    this.#counters.inc(4);
    this.#counters.inc(5);
  }

  closed(): void {
    this.#counters.dec(5);
  }

  remove(): void {
    this.#cct.perf.remove(this.#counters);
  }
}
