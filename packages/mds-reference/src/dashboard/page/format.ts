const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** `12,345`. */
export const count = (value: number): string => whole.format(value);

/** `1 segment`, `2 segments`. */
export const counted = (value: number, one: string): string => `${count(value)} ${one}${value === 1 ? '' : 's'}`;

/** `12.3K`; below ten with a digit behind the point, where there is one. */
export function short(value: number): string {
  if (value !== 0 && Math.abs(value) < 10) return value.toFixed(Math.abs(value) < 1 ? 2 : 1).replace(/\.?0+$/, '');
  return compact.format(value);
}

/** `1.2 ms`, `840 µs`, `3.1 s`. */
export function ms(value: number): string {
  if (value === 0) return '0 ms';
  if (value < 1) return `${Math.round(value * 1000)} µs`;
  if (value < 1000) return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
  return seconds(value / 1000);
}

/** `12.345 ms`. */
export const precise = (value: number): string => `${value.toFixed(3)} ms`;

/** `42 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function seconds(value: number): string {
  if (value < 10 && !Number.isInteger(value)) return `${value.toFixed(1)} s`;
  const s = Math.round(value);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s % 60 === 0 ? '' : ` ${s % 60} s`}`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** `1.4 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${unit === 0 || Math.abs(scaled) >= 100 || Number.isInteger(scaled) ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}

/** `43 %`. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** A number of `perf dump`, whole or with what is behind its point. */
export const exact = (value: number): string => (Number.isInteger(value) ? whole.format(value) : String(Number(value.toFixed(6))));

/** Time of day. */
export const clock = (at: number): string => new Date(at).toLocaleTimeString('en-GB');
