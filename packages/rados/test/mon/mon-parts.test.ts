import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@cephts/common';
import { EntityAddrVec } from '@cephts/encoding';
import { MonMap } from '../../src/maps/mon-map.js';
import { MonPicker } from '../../src/mon/mon-picker.js';
import { MonSub } from '../../src/mon/mon-sub.js';

describe('MonSub', () => {
  it('asks once, goes on from what has come, and asks all again in a new session', () => {
    const sub = new MonSub();
    expect(sub.want('mdsmap', 0)).toBe(true);
    expect(sub.want('mdsmap', 0)).toBe(false);
    expect([...sub.take().keys()]).toEqual(['mdsmap']);
    expect(sub.haveNew).toBe(false);
    sub.got('mdsmap', 7);
    expect(sub.reload()).toBe(true);
    expect(sub.take().get('mdsmap')).toEqual({ start: 8, flags: 0 });
  });

  it('a onetime subscription ends with the first map that fits', () => {
    const sub = new MonSub();
    sub.want('osdmap', 5, true);
    sub.take();
    sub.got('osdmap', 4);
    expect(sub.reload()).toBe(true);
    sub.take();
    sub.got('osdmap', 5);
    expect(sub.reload()).toBe(false);
  });

  it('incWant never goes back', () => {
    const sub = new MonSub();
    sub.want('osdmap', 5);
    expect(sub.incWant('osdmap', 3)).toBe(false);
    expect(sub.incWant('osdmap', 6)).toBe(true);
    expect(sub.take().get('osdmap')?.start).toBe(6);
  });
});

describe('MonPicker', () => {
  const mapOf = (mons: Record<string, { priority?: number; weight?: number }>): MonMap => {
    const map = new MonMap();
    let port = 3300;
    for (const [name, more] of Object.entries(mons)) {
      map.addMon(name, EntityAddrVec.parse(`v2:10.0.0.1:${port++}/0`)!);
      Object.assign(map.monInfo.get(name)!, more);
    }
    return map;
  };

  it('tries all before any twice', () => {
    const picker = new MonPicker(seededRandom(1));
    const map = mapOf({ a: {}, b: {}, c: {} });
    const round = [0, 1, 2].flatMap(() => picker.pick(map, 1));
    expect(round.sort()).toEqual(['a', 'b', 'c']);
    expect(picker.pick(map, 3)).toHaveLength(3);
  });

  it('prefers the lowest priority, then others', () => {
    const picker = new MonPicker(seededRandom(1));
    const map = mapOf({ a: { priority: 5 }, b: {}, c: { priority: 5 } });
    expect(picker.pick(map, 3)).toEqual(['b']);
    expect(picker.pick(map, 3).sort()).toEqual(['a', 'c']);
  });

  it('goes by weight', () => {
    const random = seededRandom(3);
    const map = mapOf({ a: { weight: 9 }, b: { weight: 1 } });
    const first = Array.from({ length: 1000 }, () => new MonPicker(random).pick(map, 1)[0]);
    const share = first.filter((name) => name === 'a').length / 1000;
    expect(share).toBeGreaterThan(0.85);
    expect(share).toBeLessThan(0.95);
  });
});
