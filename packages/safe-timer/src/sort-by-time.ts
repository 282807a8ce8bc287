/**
 * Sorts slots from an index on by their times, which lie in a second array, keeping the order of equals. A merge sort that leaves what is
 * in order alone: what comes here is mostly a few rising sequences, and a comparator function would cost more than the sorting.
 */
export function sortByTime(slots: number[], times: number[], from: number, to: number = slots.length): void {
  if (to - from < 2) return;
  const middle = (from + to) >> 1;
  sortByTime(slots, times, from, middle);
  sortByTime(slots, times, middle, to);
  if (times[middle - 1]! <= times[middle]!) return;
  const leftSlots = slots.slice(from, middle);
  const leftTimes = times.slice(from, middle);
  for (let left = 0, right = middle, at = from; left < leftSlots.length; at++) {
    if (right < to && times[right]! < leftTimes[left]!) {
      slots[at] = slots[right]!;
      times[at] = times[right++]!;
    } else {
      slots[at] = leftSlots[left]!;
      times[at] = leftTimes[left++]!;
    }
  }
}
