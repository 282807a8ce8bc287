import { describe, expect, it } from '@jest/globals';
import { describeOp, marksOf, stretchesOf } from '../../src/dashboard/page/stages.js';
import type { OpSample } from '../../src/dashboard/sample.js';

const words = ['initiated', 'all_read', 'dispatched', 'submit entry: journal_and_reply', 'journal: appended', 'journal: durable'];
const threads = ['msgr-worker-0', 'ms_dispatch', 'md_submit', 'main'];

function op(marks: [at: number, event: string, thread: string][], duration: number, done = true): [OpSample, string[]] {
  const all = [...words, ...threads];
  return [
    {
      seq: 1,
      description: '',
      startedAt: 0,
      duration,
      done,
      marks: marks.flatMap(([at, event, thread]) => [at, all.indexOf(event), all.indexOf(thread)]),
    },
    all,
  ];
}

describe('the stages of an operation', () => {
  it('lie one after the other and cover its whole time', () => {
    const [sample, all] = op(
      [
        [0, 'initiated', 'msgr-worker-0'],
        [0, 'all_read', 'msgr-worker-0'],
        [2, 'dispatched', 'ms_dispatch'],
        [3, 'submit entry: journal_and_reply', 'ms_dispatch'],
        [5, 'journal: appended', 'md_submit'],
        [9, 'journal: durable', 'main'],
      ],
      9,
    );
    expect(stretchesOf(sample, marksOf(sample, all)).map(({ stage, from, to, thread }) => [stage, from, to, thread])).toEqual([
      ['queue', 0, 2, 'ms_dispatch'],
      ['server', 2, 3, 'ms_dispatch'],
      ['submit', 3, 5, 'md_submit'],
      ['store', 5, 9, 'object store'],
    ]);
  });

  it('go on to the present for one in flight, as what comes next', () => {
    const [sample, all] = op(
      [
        [0, 'initiated', 'msgr-worker-0'],
        [1, 'journal: appended', 'md_submit'],
      ],
      4,
      false,
    );
    expect(stretchesOf(sample, marksOf(sample, all)).at(-1)).toEqual({
      stage: 'store',
      from: 1,
      to: 4,
      thread: 'md_submit',
      until: undefined,
    });
  });

  it('tell who asked for what', () => {
    const text = 'client_request(client.42:7 create #0x1/a b 2026-11-26T01:42:01.594000+0000 caller_uid=0, caller_gid=0{})';
    expect(describeOp(text)).toEqual({ client: 'client.42', what: 'create', target: '#0x1/a b' });
    expect(describeOp('internal op 5')).toEqual({ client: '', what: 'internal op 5', target: '' });
  });
});
