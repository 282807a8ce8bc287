import { describe, expect, it } from '@jest/globals';
import * as states from '../../src/locks/lock-states.js';
import type { StateMachine } from '../../src/locks/lock-states.js';

const machines: readonly StateMachine[] = [states.SM_SIMPLELOCK, states.SM_SCATTERLOCK, states.SM_FILELOCK, states.SM_LOCALLOCK];

describe('the tables of lock states', () => {
  it('lead from every transitional state to one that exists, and on to a stable one', () => {
    for (const machine of machines) {
      machine.states.forEach((row, state) => {
        if (!row) return;
        let at = state;
        for (let steps = 0; machine.states[at]?.next; steps++) {
          expect(steps).toBeLessThan(4);
          at = machine.states[at]?.next as number;
          expect(machine.states[at]).toBeDefined();
        }
      });
    }
  });

  it('never allow caps that are not allowed ever', () => {
    for (const machine of machines) {
      for (const row of machine.states) {
        if (!row) continue;
        expect((row.caps | row.lonerCaps | row.xlockerCaps) & ~machine.allowedEverAuth).toBe(0);
        expect(row.replicaCaps & ~machine.allowedEverReplica).toBe(0);
      }
    }
  });

  it('let nobody read while somebody else may write', () => {
    for (const machine of machines) {
      for (const row of machine.states) {
        if (row?.canWrlock === states.ANY) expect(row.canRdlock).not.toBe(states.ANY);
      }
    }
  });

  it('number the states as Ceph does, since they travel', () => {
    expect([
      states.LOCK_SYNC,
      states.LOCK_LOCK,
      states.LOCK_XLOCK,
      states.LOCK_EXCL,
      states.LOCK_MIX,
      states.LOCK_TSYN,
      states.LOCK_XSYN,
    ]).toEqual([1, 2, 4, 10, 16, 26, 34]);
    expect(states.LOCK_XSYN_MIX).toBe(39);
  });

  it('give a loner all file caps in excl and others none', () => {
    const row = states.SM_FILELOCK.states[states.LOCK_EXCL];
    expect(row?.caps).toBe(0);
    expect(row?.lonerCaps).toBe(0b111111);
    expect(row?.loner).toBe(true);
  });

  it('name states as Ceph prints them', () => {
    expect(states.lockStateName(states.LOCK_EXCL_SYNC)).toBe('excl->sync');
    expect(states.lockStateName(states.LOCK_MIX_LOCK2)).toBe('mix->lock(2)');
  });
});
