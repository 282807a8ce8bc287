/** So many bytes, or the next number that a pool of whole stripes can append. @param stripe a pool's `requiredAlignment`; 0 for none */
export function wholeStripes(stripe: number, bytes: number): number {
  return stripe > 0 ? Math.ceil(bytes / stripe) * stripe : bytes;
}
