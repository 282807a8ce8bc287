import { expect } from '@jest/globals';

interface Event {
  ph: string;
  tid: number;
  name: string;
  cat?: string;
  ts?: number;
  dur?: number;
  id?: number | string;
  bp?: string;
}

interface Slice {
  ts: number;
  end: number;
}

const HEX = /^(0x)?[0-9a-f]+$/i;

/**
 * Reads a trace by the rules of Perfetto's importer (src/trace_processor/importers: json, slice_tracker, flow_tracker), which drops
 * in silence what does not follow them: events in order of time, then of the file; slices of a track nest; the id of an arrow is a
 * number or hexadecimal; each point of an arrow binds to the last slice that began on its track, so that one must have begun which
 * it lies in.
 */
export function checkTrace(events: readonly Event[]): void {
  const tracks = new Map<number, Slice[]>();
  const flows = new Map<string, string>();
  const wrong = (event: Event, why: string): void => expect({ event, why }).toBe('drawn');
  for (const event of [...events].sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0))) {
    const { ph, tid, ts = 0, dur = 0, id = '', cat, name } = event;
    for (const time of [ts, dur]) if (!Number.isInteger(time * 1000)) wrong(event, `${time} µs are no whole nanoseconds`);
    const open = tracks.get(tid) ?? [];
    tracks.set(tid, open);
    if (ph === 'X') {
      let top: Slice | undefined;
      while ((top = open.at(-1)) && (top.end < ts || (top.end === ts && (top.ts !== ts || dur > 0)))) open.pop();
      if (top && ts + dur > top.end) wrong(event, `overlaps a slice of ${top.ts} to ${top.end}`);
      open.push({ ts, end: ts + dur });
    } else if (ph === 's' || ph === 't' || ph === 'f') {
      if (typeof id !== 'number' && !HEX.test(id)) wrong(event, 'the id is no number');
      const key = `${id} ${cat} ${name}`;
      flows.set(key, (flows.get(key) ?? '') + ph);
      if (ph === 'f' && event.bp !== 'e') wrong(event, 'binds to the next slice');
      if (!open.some(({ end }) => end >= ts)) wrong(event, 'lies in no slice');
    }
  }
  for (const [key, points] of flows) if (!/^st*f$/.test(points)) expect([key, points]).toEqual([key, 'st*f']);
}
