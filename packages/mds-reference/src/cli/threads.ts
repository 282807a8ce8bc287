import type { Command } from 'commander';
import { THREAD_GUIDE, THREAD_QUESTIONS } from '../daemon/thread-guide.js';

function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(indent + line);
  return lines.join('\n');
}

/** The text of `cephts-mds threads`. */
export function threadsText(width = 100): string {
  const threads = THREAD_GUIDE.map(
    ({ name, owner, kind, lives, text }) => `${name}  (${owner}; ${kind}; ${lives})\n${wrap(text, width, '  ')}`,
  );
  const questions = THREAD_QUESTIONS.map(({ question, answer }) => `${question}\n${wrap(answer, width, '  ')}`);
  return `The threads of an MDS, in order of creation\n\n${threads.join('\n\n')}\n\n\nQuestions\n\n${questions.join('\n\n')}\n`;
}

/** Adds `cephts-mds threads` to the command line. */
export function registerThreads(program: Command): void {
  program
    .command('threads')
    .description('explain every thread of the MDS in words')
    .action(() => {
      process.stdout.write(threadsText(Math.min(process.stdout.columns ?? 100, 120)));
    });
}
