const UNITS = [' B', ' KiB', ' MiB', ' GiB', ' TiB', ' PiB', ' EiB'];

/** Bytes as Ceph prints them: `6.3 MiB`, `2 GiB`. @see format_u in src/include/types.h (16.2.15) */
export function byteText(bytes: number): string {
  let index = 0;
  while (index < UNITS.length - 1 && bytes >= 1024 ** (index + 1)) index++;
  const unit = UNITS[index] as string;
  const scaled = bytes / 1024 ** index;
  if (Number.isInteger(scaled)) return `${scaled}${unit}`;
  for (let digits = 2; digits > 0; digits--) {
    const text = `${scaled.toFixed(digits)}${unit}`;
    if (text.length <= 7) return text;
  }
  return `${scaled.toFixed(0)}${unit}`;
}
