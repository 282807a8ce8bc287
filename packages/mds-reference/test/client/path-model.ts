import { isCephError } from '@cephts/common';
import type { RandomSource } from '@cephts/common';
import type { CephFsClient } from '@cephts/mds-reference';

/** `ok`, or the name of the errno a call was turned down with. */
export async function resultOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (!isCephError(error)) throw error;
    return error.code.replace('ERR_CEPH_', '');
  }
}

interface Node {
  readonly kind: 'file' | 'dir';
  ino: number;
  nlink: number;
  readonly children: Map<string, Node>;
}

const node = (kind: Node['kind'], ino: number): Node => ({ kind, ino, nlink: 1, children: new Map() });

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const MAX_DIRS = 8;

/** A directory as POSIX has it, and random changes that are made to it and to a file system alike. */
export class PathModel {
  readonly root: Node;
  readonly #random: RandomSource;
  /** How often each operation gave each result. */
  readonly seen = new Map<string, number>();

  /** @param ino of the directory, which is empty */
  constructor(random: RandomSource, ino: number) {
    this.#random = random;
    this.root = node('dir', ino);
  }

  below(n: number): number {
    return Math.floor(this.#random.next() * n);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  dirs(dir = this.root): Node[] {
    return [dir, ...[...dir.children.values()].filter(({ kind }) => kind === 'dir').flatMap((child) => this.dirs(child))];
  }

  /** One random change by `client`; throws where it ends otherwise than POSIX has it. */
  async step(client: CephFsClient): Promise<void> {
    const dir = this.#pick(this.dirs());
    const from = this.#pick(this.dirs());
    const name = this.#pick(NAMES);
    const fromName = this.#pick(NAMES);
    const crowded = this.dirs().length >= MAX_DIRS;
    const kind = this.#pick([
      crowded ? 'rmdir' : 'mkdir',
      'create',
      'create',
      'unlink',
      'rmdir',
      'rename',
      'rename',
      'link',
      'lookup',
    ] as const);
    const wanted = this.#apply(kind, dir, name, from, fromName);
    let found = 0;
    const calls = {
      mkdir: async () => (found = (await client.mkdir(dir.ino, name, { mode: 0o755 })).ino),
      create: async () => (found = (await client.create(dir.ino, name, { mode: 0o644 })).ino),
      unlink: () => client.unlink(dir.ino, name),
      rmdir: () => client.rmdir(dir.ino, name),
      rename: () => client.rename(from.ino, fromName, dir.ino, name),
      link: async () => client.link((await client.lookup(from.ino, fromName)).ino, dir.ino, name),
      lookup: async () => (found = (await client.lookup(dir.ino, name)).ino),
    };
    const result = await resultOf(calls[kind]());
    const key = `${kind} ${result}`;
    this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
    if (!wanted.includes(result)) throw new Error(`${kind} ${name} gave ${result}, expected ${wanted.join(' or ')}`);
    const child = dir.children.get(name);
    if (!child || found === 0) return;
    if (child.ino !== 0 && child.ino !== found) throw new Error(`${kind} ${name} gave inode ${found}, expected ${child.ino}`);
    child.ino = found;
  }

  /** Changes the model. @returns the results that are right */
  #apply(kind: string, dir: Node, name: string, from: Node, fromName: string): string[] {
    const there = dir.children.get(name);
    const source = from.children.get(fromName);
    switch (kind) {
      case 'mkdir':
      case 'create':
        if (there) return ['EEXIST'];
        dir.children.set(name, node(kind === 'mkdir' ? 'dir' : 'file', 0));
        return ['ok'];
      case 'unlink':
        if (there?.kind !== 'file') return [there ? 'EISDIR' : 'ENOENT'];
        there.nlink--;
        dir.children.delete(name);
        return ['ok'];
      case 'rmdir':
        if (there?.kind !== 'dir') return [there ? 'ENOTDIR' : 'ENOENT'];
        if (there.children.size > 0) return ['ENOTEMPTY'];
        dir.children.delete(name);
        return ['ok'];
      case 'link':
        if (!source) return ['ENOENT'];
        if (there) return ['EEXIST', ...(source.kind === 'dir' ? ['EINVAL', 'EPERM'] : [])];
        if (source.kind === 'dir') return ['EINVAL', 'EPERM'];
        source.nlink++;
        dir.children.set(name, source);
        return ['ok'];
      case 'rename':
        return this.#rename(dir, name, there, from, fromName, source);
      default:
        return [there ? 'ok' : 'ENOENT'];
    }
  }

  #rename(dir: Node, name: string, there: Node | undefined, from: Node, fromName: string, source: Node | undefined): string[] {
    if (!source) return ['ENOENT'];
    if (source === there) return ['ok'];
    if (source.kind === 'dir' && this.dirs(source).includes(dir)) return ['EINVAL'];
    if (there) {
      const errors = [
        ...(there.kind === 'dir' && there.children.size > 0 ? ['ENOTEMPTY'] : []),
        ...(there.kind === 'dir' && source.kind === 'file' ? ['EISDIR'] : []),
        ...(there.kind === 'file' && source.kind === 'dir' ? ['ENOTDIR'] : []),
      ];
      if (errors.length > 0) return errors;
      there.nlink--;
    }
    from.children.delete(fromName);
    dir.children.set(name, source);
    return ['ok'];
  }

  /** The directory as `client` sees it against the model; throws where they differ. */
  async compare(client: CephFsClient, dir = this.root, path = '/'): Promise<void> {
    const found = new Map<string, { ino: number; nlink: number }>();
    for await (const { name, stat } of client.readdir(dir.ino)) found.set(name, { ino: stat.ino, nlink: stat.nlink });
    const [names, wanted] = [[...found.keys()].sort().join(), [...dir.children.keys()].sort().join()];
    if (names !== wanted) throw new Error(`${path} holds ${names}, expected ${wanted}`);
    for (const [name, child] of dir.children) {
      const stat = found.get(name);
      if (stat?.ino !== child.ino) throw new Error(`${path}${name} is inode ${stat?.ino}, expected ${child.ino}`);
      if (child.kind === 'dir') await this.compare(client, child, `${path}${name}/`);
      else if (stat.nlink !== child.nlink) throw new Error(`${path}${name} has ${stat.nlink} links, expected ${child.nlink}`);
    }
  }
}
