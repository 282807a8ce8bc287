import { describe, expect, it } from '@jest/globals';
import { checkCommand, commandSignature, parseCommandDesc, textList } from '../../src/services/command-desc.js';

const dumpTree = parseCommandDesc('dump tree name=root,type=CephString,req=true name=depth,type=CephInt,req=false ');
const sessionLs = parseCommandDesc('session ls name=cap_dump,type=CephBool,req=false name=filters,type=CephString,n=N,req=false');
const choices = parseCommandDesc('heap name=heapcmd,type=CephChoices,strings=dump|stats');

describe('command descriptions', () => {
  it('split into the words of the prefix and the arguments', () => {
    expect(dumpTree.prefix).toBe('dump tree');
    expect(dumpTree.args.map(({ name, type, req, many }) => ({ name, type, req, many }))).toEqual([
      { name: 'root', type: 'CephString', req: true, many: false },
      { name: 'depth', type: 'CephInt', req: false, many: false },
    ]);
  });

  it('become signatures in the form the ceph command reads', () => {
    expect(commandSignature(sessionLs)).toEqual([
      'session',
      'ls',
      { name: 'cap_dump', type: 'CephBool', req: false },
      { name: 'filters', type: 'CephString', req: false, n: 'N' },
    ]);
    expect(commandSignature(choices)).toEqual(['heap', { name: 'heapcmd', type: 'CephChoices', strings: 'dump|stats' }]);
  });

  it('accept a command whose arguments fit', () => {
    expect(checkCommand(dumpTree, { prefix: 'dump tree', root: '/', depth: 3 })).toBeUndefined();
    expect(checkCommand(dumpTree, { prefix: 'dump tree', root: '/', depth: '3' })).toBeUndefined();
    expect(checkCommand(sessionLs, { prefix: 'session ls', filters: ['id=1', 'state=open'] })).toBeUndefined();
  });

  it('name the argument that is missing or of the wrong kind', () => {
    expect(checkCommand(dumpTree, {})).toBe("missing required argument 'root' (CephString)");
    expect(checkCommand(dumpTree, { root: '/', depth: 'deep' })).toBe('argument \'depth\' should be a CephInt, got "deep"');
    expect(checkCommand(dumpTree, { root: ['/', '/a'] })).toBe("argument 'root' takes one value");
    expect(checkCommand(choices, { heapcmd: 'burn' })).toBe('argument \'heapcmd\' should be one of dump, stats, got "burn"');
    expect(checkCommand(sessionLs, { cap_dump: 'perhaps' })).toContain('CephBool');
  });

  it('give lists of text whether one value came or many', () => {
    expect(textList(undefined)).toEqual([]);
    expect(textList('a')).toEqual(['a']);
    expect(textList(['a', 5])).toEqual(['a', '5']);
  });
});
