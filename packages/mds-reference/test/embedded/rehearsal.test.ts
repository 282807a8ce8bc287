import { describe, expect, it } from '@jest/globals';
import { CephContext } from '@cephts/common';
import { Rehearsal } from '../../src/embedded/rehearsal.js';

function host(): { cct: CephContext; said: string[] } {
  const said: string[] = [];
  const log = { shouldGather: () => true, write: (_subsys: string, _level: number, text: string) => void said.push(text) };
  return { cct: new CephContext({ log }), said };
}

describe('a rehearsal', () => {
  it('plays takeovers to their end, and leaves nothing in the context of its host', async () => {
    const { cct, said } = host();
    await new Rehearsal(cct, { files: 100, takeovers: 2 }).start();
    expect(said).toEqual([expect.stringMatching(/^rehearsal: done after /)]);
    expect(cct.threads.list()).toEqual([]);
  }, 60_000);

  it('is played once', async () => {
    const { cct, said } = host();
    const rehearsal = new Rehearsal(cct, { files: 0, takeovers: 0 });
    await Promise.all([rehearsal.start(), rehearsal.start()]);
    await rehearsal.start();
    expect(said).toHaveLength(1);
  }, 60_000);

  it('is broken off when the turn has come', async () => {
    const { cct, said } = host();
    const rehearsal = new Rehearsal(cct, { files: 1_000_000 });
    void rehearsal.start();
    await rehearsal.stop();
    expect(said).toEqual([expect.stringMatching(/^rehearsal: broken off after /)]);
  }, 60_000);

  it('that has not begun is over at once', async () => {
    const { cct, said } = host();
    await new Rehearsal(cct).stop();
    expect(said).toEqual([]);
  });
});
