import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { CephFsClient } from '../../src/client/ceph-fs-client.js';
import { COMMANDS, formatMode, runCommand, splitCommands, splitWords, UsageError } from '../../src/cli/shell-commands.js';

const nobody = {} as CephFsClient;

describe('splitWords', () => {
  it('separates at blanks and keeps together what quotes and backslashes hold', () => {
    expect(splitWords(`mv  "a b" c\\ d 'e"f' ""`)).toEqual(['mv', 'a b', 'c d', 'e"f', '']);
  });

  it('says which quote is not closed', () => {
    expect(() => splitWords(`ls "a`)).toThrow(new UsageError('unclosed "'));
  });

  it('gives back any words that were quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
        expect(splitWords(line)).toEqual(words);
      }),
    );
  });
});

describe('splitCommands', () => {
  it('splits at semicolons and newlines outside of quotes', () => {
    expect(splitCommands(`mkdir /a; touch "/a/x;y"\nls -l /a ;; `)).toEqual(['mkdir /a', 'touch "/a/x;y"', 'ls -l /a']);
  });

  it('keeps an escaped semicolon for splitWords', () => {
    expect(splitCommands('touch a\\;b').map(splitWords)).toEqual([['touch', 'a;b']]);
  });
});

describe('formatMode', () => {
  it.each([
    [0o100644, '-rw-r--r--'],
    [0o040755, 'drwxr-xr-x'],
    [0o120777, 'lrwxrwxrwx'],
    [0o104755, '-rwsr-xr-x'],
    [0o102644, '-rw-r-Sr--'],
    [0o041777, 'drwxrwxrwt'],
    [0o010600, 'prw-------'],
  ])('writes %o as ls does', (mode, text) => {
    expect(formatMode(mode)).toBe(text);
  });
});

describe('runCommand', () => {
  it('names the commands there are when it does not know one', async () => {
    await expect(runCommand(nobody, 'constructor', () => undefined)).rejects.toThrow(
      /no command constructor; there are ls, stat, mkdir/,
    );
  });

  it.each([
    'mkdir',
    'stat',
    'mv a',
    'ln -s a',
    'chmod 9 /a',
    'truncate x /a',
    'setfattr -n',
    'setfattr -n a -x b /c',
    'rm -q /a',
    'rmdir',
  ])('refuses `%s` and says what it expected', async (line) => {
    await expect(runCommand(nobody, line, () => undefined)).rejects.toThrow(UsageError);
  });

  it('prints a line of help for every command', async () => {
    const lines: string[] = [];
    await runCommand(nobody, 'help', (line) => lines.push(line));
    expect(lines).toHaveLength(Object.keys(COMMANDS).length);
  });
});
