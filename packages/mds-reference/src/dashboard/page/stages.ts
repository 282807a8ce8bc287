import type { OpSample } from '../sample.js';

/** What an operation does or waits for between two of its marks. */
export type Stage = 'network' | 'queue' | 'server' | 'submit' | 'store' | 'finisher';

/** In the order an operation goes through them. */
export const STAGES: readonly (readonly [stage: Stage, label: string])[] = [
  ['network', 'msgr-worker'],
  ['queue', 'waits for ms_dispatch'],
  ['server', 'Server, on ms_dispatch'],
  ['submit', 'md_submit'],
  ['store', 'journal, in the object store'],
  ['finisher', 'MR_Finisher and reply'],
];

/** A mark of an operation, its words looked up. */
export interface Mark {
  /** ms since it began. */
  at: number;
  event: string;
  thread: string;
}

/** A stretch between two marks. */
export interface Stretch {
  stage: Stage;
  from: number;
  to: number;
  /** The thread that it ends on. */
  thread: string;
  /** The mark it ends with; undefined for what is still going on. */
  until: string | undefined;
}

const BY_EVENT: Readonly<Record<string, Stage>> = {
  throttled: 'network',
  header_read: 'network',
  all_read: 'network',
  dispatched: 'queue',
  'journal: appended': 'submit',
  'journal: durable': 'store',
  'journal_committed: ': 'finisher',
};

/** What comes next, for an operation that has got no further. */
const AFTER: Readonly<Record<string, Stage>> = {
  all_read: 'queue',
  'submit entry: journal_and_reply': 'submit',
  'journal: appended': 'store',
  'journal: durable': 'finisher',
};

/** The marks of an operation. Outside of any turn it is the object store that called back. */
export function marksOf(op: OpSample, words: readonly string[]): Mark[] {
  const marks: Mark[] = [];
  for (let i = 0; i + 2 < op.marks.length; i += 3) {
    const thread = words[op.marks[i + 2] as number] ?? '';
    marks.push({
      at: op.marks[i] as number,
      event: words[op.marks[i + 1] as number] ?? '',
      thread: thread === 'main' ? 'object store' : thread,
    });
  }
  return marks;
}

function stageOf({ event, thread }: Mark): Stage {
  return BY_EVENT[event] ?? (thread === 'MR_Finisher' ? 'finisher' : thread === 'md_submit' ? 'submit' : 'server');
}

/** The way of an operation as stretches, one after the other. */
export function stretchesOf(op: OpSample, marks: readonly Mark[]): Stretch[] {
  const stretches: Stretch[] = [];
  marks.slice(1).forEach((mark, i) => {
    const from = (marks[i] as Mark).at;
    if (mark.at > from) stretches.push({ stage: stageOf(mark), from, to: mark.at, thread: mark.thread, until: mark.event });
  });
  const last = marks.at(-1);
  if (last && !op.done && op.duration > last.at)
    stretches.push({
      stage: AFTER[last.event] ?? stageOf(last),
      from: last.at,
      to: op.duration,
      thread: last.thread,
      until: undefined,
    });
  return stretches;
}

/** What a mark means. */
export const MEANING: Readonly<Record<string, string>> = {
  initiated: 'its first bytes came',
  throttled: 'the throttles let it in',
  header_read: 'its header was read',
  all_read: 'it is whole, and goes into the dispatch queue',
  dispatched: 'ms_dispatch takes it from the queue',
  'acquired locks': 'Server has the locks it needs',
  early_replied: 'the early, unsafe reply is on its way',
  'submit entry: journal_and_reply': 'its journal event goes to md_submit',
  'journal: appended': 'md_submit has encoded the event and appended it',
  'journal: durable': 'the object store has it on disk',
  'journal_committed: ': 'MR_Finisher completes it, under mds_lock',
  replying: 'the reply goes to the msgr-worker',
  'cleaned up request': 'locks and pins are let go',
  'killing request': 'its session is gone',
};

/** The parts of what a client asked for. */
export function describeOp(description: string): { client: string; what: string; target: string } {
  const [, client, what, target] = /^client_request\((\S+?):\d+ (\S+) (.*?)(?: \d{4}-\d\d-\d\dT\S+.*)?\)$/.exec(description) ?? [];
  return what === undefined ? { client: '', what: description, target: '' } : { client: client ?? '', what, target: target ?? '' };
}
