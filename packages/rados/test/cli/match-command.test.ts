import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explain, matchCommand } from '../../src/cli/match-command.js';
import { parseDescriptions } from '../../src/cli/signature.js';

const DESCRIPTIONS = parseDescriptions(
  JSON.stringify({
    cmd000: { sig: ['mon', 'dump', { name: 'epoch', type: 'CephInt', range: '0', req: 'false' }], help: 'dump', flags: 0 },
    cmd001: {
      sig: [
        'osd',
        'pool',
        'get',
        { name: 'pool', type: 'CephPoolname' },
        { name: 'var', type: 'CephChoices', strings: 'size|min_size' },
      ],
      help: 'get',
      flags: 0,
    },
    cmd002: { sig: ['fs', 'status', { name: 'fs', type: 'CephString', req: 'false' }], help: 'status', flags: 8 },
    cmd003: { sig: ['osd', 'out', { name: 'ids', type: 'CephString', n: 'N' }], help: 'out', flags: 0 },
    cmd004: {
      sig: ['pool', 'rm', { name: 'pool', type: 'CephPoolname' }, { name: 'yes_i_really_mean_it', type: 'CephBool', req: 'false' }],
      help: 'rm',
      flags: 0,
    },
    cmd005: { sig: ['old', 'thing'], help: 'old', flags: 2 },
  }),
);
const match = (line: string): ReturnType<typeof matchCommand> => matchCommand(line.split(' '), DESCRIPTIONS);

describe('the words of a command line', () => {
  it.each<[string, object]>([
    ['mon dump', { prefix: 'mon dump' }],
    ['mon dump 7', { prefix: 'mon dump', epoch: 7 }],
    ['mon dump --epoch=7', { prefix: 'mon dump', epoch: 7 }],
    ['osd pool get data size', { prefix: 'osd pool get', pool: 'data', var: 'size' }],
    ['osd pool get --var size data', { prefix: 'osd pool get', pool: 'data', var: 'size' }],
    ['fs status', { prefix: 'fs status', target: ['mon-mgr', ''] }],
    ['osd out 1 2 3', { prefix: 'osd out', ids: ['1', '2', '3'] }],
    ['pool rm data --yes-i-really-mean-it', { prefix: 'pool rm', pool: 'data', yes_i_really_mean_it: true }],
  ])('%s', (line, command) => {
    expect(match(line)).toMatchObject({ command });
  });

  it.each([
    ['mon dump soon', /unused arguments|no integer/],
    ['osd pool get data', /missing required parameter var/],
    ['osd pool get data nonsense', /not one of size, min_size/],
    ['swim', /no valid command/],
    ['old thing', /no valid command/],
  ])('%s is none', (line, message) => {
    const matched = match(line);
    expect('problem' in matched ? explain(matched) : 'it was one').toMatch(message);
  });

  it('whatever they are, they are a command or there is an explanation', () => {
    const word = fc.oneof(
      fc.constantFrom('mon', 'osd', 'pool', 'get', 'dump', '--epoch', '--var=size', 'data', 'size', '--'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 7 }), (words) => {
        const matched = matchCommand(words, DESCRIPTIONS);
        if ('problem' in matched) expect(explain(matched).length).toBeGreaterThan(0);
        else expect(matched.command.prefix.length).toBeGreaterThan(0);
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});
