import { describe, expect, it } from '@jest/globals';
import { threadsText } from '../../src/cli/threads.js';
import { THREAD_GUIDE, THREAD_QUESTIONS } from '../../src/daemon/thread-guide.js';

describe('cephts-mds threads', () => {
  const text = threadsText(80);

  it('explains every thread', () => {
    for (const { name, owner } of THREAD_GUIDE) expect(text).toContain(`${name}  (${owner}`);
  });

  it('answers what ms_local is for, why there were two fn_anonymous, and what msgr-workers are', () => {
    const questions = THREAD_QUESTIONS.map(({ question }) => question).join('\n');
    for (const word of ['ms_local', 'fn_anonymous', 'msgr-worker', 'recovery thread', 'beacon']) expect(questions).toContain(word);
    for (const { question } of THREAD_QUESTIONS) expect(text).toContain(question);
  });

  it('keeps lines to the width it is given', () => {
    const indented = text.split('\n').filter((line) => line.startsWith('  '));
    for (const line of indented) expect(line.length).toBeLessThanOrEqual(80);
  });
});
