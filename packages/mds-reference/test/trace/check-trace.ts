import { expect } from '@jest/globals';

interface Event {
  ph: string;
  pid: number;
  tid: number;
  name: string;
  ts?: number;
  dur?: number;
  id?: string;
}

/** Checks what Perfetto asks of a trace: slices nest, arrows begin and end at slices, and each that begins also ends. */
export function checkTrace(events: readonly Event[]): void {
  const tracks = new Map<number, { ts: number; end: number }[]>();
  for (const { ph, tid, ts = 0, dur = 0 } of events) {
    if (ph !== 'X') continue;
    const slices = tracks.get(tid) ?? [];
    tracks.set(tid, slices);
    slices.push({ ts, end: ts + dur });
  }
  for (const [tid, slices] of tracks) {
    slices.sort((a, b) => a.ts - b.ts || b.end - a.end);
    const open: number[] = [];
    for (const { ts, end } of slices) {
      while (open.length > 0 && (open.at(-1) as number) <= ts + 1e-3) open.pop();
      const parent = open.at(-1) ?? Infinity;
      if (end > parent + 1e-3) expect({ tid, ts, end, parent }).toBe('inside its parent');
      open.push(end);
    }
  }
  const flows = new Map<string, string>();
  for (const event of events) {
    const { ph, id = '', tid, ts = 0 } = event;
    if (!['s', 't', 'f'].includes(ph)) continue;
    flows.set(id, (flows.get(id) ?? '') + ph);
    const slices = tracks.get(tid) ?? [];
    let low = 0;
    let high = slices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((slices[middle] as { ts: number }).ts <= ts + 1e-3) low = middle + 1;
      else high = middle;
    }
    // the slice may be a parent of the one found
    const bound = slices.slice(Math.max(0, low - 200), low).some(({ end }) => end + 1e-3 >= ts);
    if (!bound) expect(event).toBe('bound to a slice');
  }
  for (const [id, chain] of flows) if (!/^st*f$/.test(chain)) expect([id, chain]).toEqual([id, 'st*f']);
}
