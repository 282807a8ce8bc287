import { readFileSync } from 'node:fs';
import { CephError, ERRNO } from '@cephts/common';

/** Options of one section, by name. */
export type ConfSection = ReadonlyMap<string, string>;

/** Longest file that is read, in bytes. */
const MAX_SIZE = 64 * 1024 * 1024;

function badFile(where: string, line: number, problem: string): CephError {
  return new CephError('ERR_CEPH_CONF', `${where}, line ${line}: ${problem}`, { errno: ERRNO.EINVAL });
}

/** `mon host`, `mon-host` and `mon_host` are one option. */
export function normalizeKey(key: string): string {
  return key.trim().replaceAll(/[\s-]+/g, '_');
}

/** Cuts a line at its comment, which `#` or `;` begins unless it stands in a quoted value, or behind a backslash. */
function withoutComment(line: string): string {
  const quoted = /^[^#;=]*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/.exec(line);
  for (let at = quoted?.[0].length ?? 0; at < line.length; at++) {
    const c = line[at];
    if (c === '\\') at++;
    else if (c === '#' || c === ';') return line.slice(0, at);
  }
  return line;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}

/**
 * A file in the form of ceph.conf and of keyrings: sections in brackets, `key = value`, comments, continued lines, quotes. Sections that
 * come twice are one; the last of equal keys counts.
 *
 * @see src/common/ConfUtils.cc (16.2.15)
 */
export class ConfFile {
  readonly sections = new Map<string, Map<string, string>>();
  /** Where it was read from, for messages. */
  readonly origin: string;

  constructor(origin = 'configuration') {
    this.origin = origin;
  }

  /** @throws CephError `ERR_CEPH_CONF`: which line is wrong, and how */
  static parse(text: string, origin = 'configuration'): ConfFile {
    const file = new ConfFile(origin);
    let section: Map<string, string> | undefined;
    const lines = text.split(/\r?\n/);
    for (let i = 0; i < lines.length; i++) {
      const number = i + 1;
      let line = withoutComment(lines[i] as string);
      while (line.endsWith('\\') && i + 1 < lines.length) line = line.slice(0, -1) + withoutComment(lines[++i] as string);
      const trimmed = line.trim();
      if (trimmed === '') continue;
      if (trimmed.startsWith('[')) {
        const heading = /^\[([^\]]+)\]$/.exec(trimmed)?.[1]?.trim();
        if (!heading) throw badFile(origin, number, 'a section is written [name]');
        section = file.sections.get(heading) ?? new Map<string, string>();
        file.sections.set(heading, section);
        continue;
      }
      const equals = line.indexOf('=');
      const key = normalizeKey(unescape(line.slice(0, Math.max(0, equals))));
      if (key === '') throw badFile(origin, number, 'expected option = value');
      if (!section) throw badFile(origin, number, `\`${key}\` stands before any [section]`);
      section.set(key, file.#value(line.slice(equals + 1).trim(), number));
    }
    return file;
  }

  /** @throws CephError `ERR_CEPH_CONF`; what the file system says for a file that cannot be read */
  static read(path: string): ConfFile {
    const bytes = readFileSync(path);
    if (bytes.length > MAX_SIZE) throw badFile(path, 1, `the file has ${bytes.length} bytes, at most ${MAX_SIZE} are read`);
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw badFile(path, 1, 'it is not UTF-8');
    }
    return ConfFile.parse(text, path);
  }

  /** The value in the first of the sections that has it. */
  get(sections: readonly string[], option: string): string | undefined {
    const key = normalizeKey(option);
    for (const name of sections) {
      const value = this.sections.get(name)?.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  #value(text: string, line: number): string {
    const quote = text[0];
    if (quote !== '"' && quote !== "'") return unescape(text);
    for (let at = 1; at < text.length; at++) {
      if (text[at] === '\\') at++;
      else if (text[at] === quote) {
        if (at + 1 < text.length) throw badFile(this.origin, line, 'text after the closing quote');
        return unescape(text.slice(1, at));
      }
    }
    throw badFile(this.origin, line, 'a quote is not closed');
  }
}
