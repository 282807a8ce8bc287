import { describe, expect, it } from '@jest/globals';
import { parseDebugLevel } from '../../src/services/log.js';

describe('debug levels', () => {
  it('have a level for the file and one for memory, which is never lower', () => {
    expect(parseDebugLevel('1/5')).toEqual({ log: 1, gather: 5 });
    expect(parseDebugLevel('20')).toEqual({ log: 20, gather: 20 });
    expect(parseDebugLevel('10/1')).toEqual({ log: 10, gather: 10 });
    expect(parseDebugLevel('-1')).toEqual({ log: -1, gather: -1 });
  });

  it('fall back to 1 when they are no numbers', () => {
    expect(parseDebugLevel('much')).toEqual({ log: 1, gather: 1 });
  });
});
