// What ends as an error of the process, in a process of its own.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';

describe('Finisher errors', () => {
  it('goes on where what reports a rejection throws', () => {
    const source = `
      import { bareContext, realClock } from '@cephts/common';
      import { Finisher } from '@cephts/finisher';
      process.on('unhandledRejection', (error) => console.log('unhandled', error));
      const finisher = new Finisher({ ...bareContext(realClock), reportError() { throw 'from the report'; } });
      finisher.start();
      finisher.queue(() => Promise.reject('rejected'));
      finisher.queue(() => console.log('next'));
      await finisher.waitForEmpty();
    `;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      timeout: 10_000,
      cwd: process.cwd(),
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, 'unhandled from the report\nnext\n']);
  });
});
