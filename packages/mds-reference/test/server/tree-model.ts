import { ERRNO } from '@cephts/common';
import type { RandomSource } from '@cephts/common';
import type { InodeStat } from '../../src/messages/inode-stat.js';
import { CEPH_INO_ROOT } from '../../src/types/ceph-fs.js';
import { FilePath } from '../../src/types/file-path.js';
import * as op from '../../src/types/op-names.js';
import type { TestClient } from './client-kit.js';
import { targetOf } from './client-kit.js';

const S_IFMT = 0o170000;
const TYPES = { f: 0o100000, d: 0o040000, l: 0o120000, p: 0o010000 };

/** A file as POSIX describes it. */
export class ModelNode {
  readonly type: keyof typeof TYPES;
  readonly children = new Map<string, ModelNode>();
  ino = 0;
  nlink = 1;
  mode: number;
  size = 0;
  target = '';

  constructor(type: keyof typeof TYPES, mode: number) {
    this.type = type;
    this.mode = mode;
  }

  isDir(): boolean {
    return this.type === 'd';
  }

  /** Is `other` this directory, or somewhere below it? */
  holds(other: ModelNode): boolean {
    return this === other || [...this.children.values()].some((child) => child.isDir() && child.holds(other));
  }

  /** What differs from the inode as a client is told it; undefined: nothing. */
  differs(stat: InodeStat): string | undefined {
    const told = { ino: stat.ino, type: stat.mode & S_IFMT, mode: stat.mode & 0o7777, target: stat.symlink };
    const want = { ino: this.ino, type: TYPES[this.type], mode: this.mode, target: this.target };
    const more = this.isDir() ? {} : { nlink: this.nlink };
    const moreTold = this.isDir() ? {} : { nlink: stat.nlink };
    if (this.type === 'f') Object.assign(more, { size: this.size });
    if (this.type === 'f') Object.assign(moreTold, { size: stat.size });
    const [a, b] = [JSON.stringify({ ...told, ...moreTold }), JSON.stringify({ ...want, ...more })];
    return a === b ? undefined : `is ${a}, expected ${b}`;
  }
}

const NAMES = ['a', 'b', 'c', 'dd', 'e', 'Ünï', 'g'.repeat(100)];
const MAX_DIRS = 12;

/** A plain tree, and random operations that are done to it and to a file system alike. */
export class TreeModel {
  readonly root = new ModelNode('d', 0o755);
  readonly #random: RandomSource;
  #steps = 0;
  /** How often each operation gave each result. */
  readonly seen = new Map<string, number>();

  constructor(random: RandomSource) {
    this.#random = random;
    this.root.ino = CEPH_INO_ROOT;
  }

  below(n: number): number {
    return Math.floor(this.#random.next() * n);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  dirs(dir = this.root): ModelNode[] {
    return [dir, ...[...dir.children.values()].filter((child) => child.isDir()).flatMap((child) => this.dirs(child))];
  }

  /** One random operation by `client`; throws where the file system does anything else than the model. */
  async step(client: TestClient): Promise<void> {
    this.#steps++;
    const dir = this.#pick(this.dirs());
    const taken = [...dir.children.keys()];
    // names that are there as often as not: most operations want one
    const name = taken.length > 0 && this.below(3) === 0 ? this.#pick(taken) : this.#pick(NAMES);
    const path = new FilePath(dir.ino, name);
    const kinds = [
      this.#mkdir,
      this.#create,
      this.#create,
      this.#make,
      this.#unlink,
      this.#unlink,
      this.#rmdir,
      this.#rmdir,
      this.#rename,
      this.#rename,
      this.#rename,
      this.#link,
      this.#setattr,
      this.#lookup,
      this.#readdir,
    ];
    const [what, result, expected] = await this.#pick(kinds).call(this, client, dir, name, path);
    const key = `${what} ${result}`;
    this.seen.set(key, (this.seen.get(key) ?? 0) + 1);
    if (result !== expected) {
      throw new Error(`step ${this.#steps}: ${what} ${path} by client ${client.num} gave ${result}, expected ${expected}`);
    }
  }

  async #mkdir(client: TestClient, dir: ModelNode, name: string, path: FilePath): Promise<[string, number, number]> {
    if (this.dirs().length > MAX_DIRS && !dir.children.has(name)) return ['none', 0, 0];
    const reply = await client.mkdir(path);
    if (dir.children.has(name)) return ['mkdir', reply.result, -ERRNO.EEXIST];
    if (reply.result === 0) this.#add(dir, name, new ModelNode('d', 0o755), targetOf(reply));
    return ['mkdir', reply.result, 0];
  }

  #add(dir: ModelNode, name: string, node: ModelNode, stat: InodeStat): void {
    node.ino = stat.ino;
    dir.children.set(name, node);
    this.#check(node, stat);
  }

  #check(node: ModelNode, stat: InodeStat): void {
    const why = node.differs(stat);
    if (why !== undefined) throw new Error(`step ${this.#steps}: the inode ${why}`);
  }

  async #create(client: TestClient, dir: ModelNode, name: string, path: FilePath): Promise<[string, number, number]> {
    const exclusive = this.below(2) === 0;
    const reply = await client.create(path, 0o102 | (exclusive ? 0o200 : 0));
    const there = dir.children.get(name);
    if (there && exclusive) return ['create', reply.result, -ERRNO.EEXIST];
    // that a directory can't be written to is for the client to say
    if (there) return ['create', reply.result, 0];
    if (reply.result === 0) this.#add(dir, name, new ModelNode('f', 0o644), targetOf(reply));
    return ['create', reply.result, 0];
  }

  async #make(client: TestClient, dir: ModelNode, name: string, path: FilePath): Promise<[string, number, number]> {
    const link = this.below(2) === 0;
    const node = link ? new ModelNode('l', 0o777) : new ModelNode('p', 0o600);
    if (link) node.target = `to/${this.#steps}`;
    const reply = link
      ? await client.call(op.CEPH_MDS_OP_SYMLINK, path, (m) => (m.path2 = new FilePath(0, node.target)))
      : await client.call(op.CEPH_MDS_OP_MKNOD, path, (m) => (m.args.mknod.mode = 0o010600));
    const what = link ? 'symlink' : 'mknod';
    if (dir.children.has(name)) return [what, reply.result, -ERRNO.EEXIST];
    if (reply.result === 0) this.#add(dir, name, node, targetOf(reply));
    return [what, reply.result, 0];
  }

  async #unlink(client: TestClient, dir: ModelNode, name: string, path: FilePath): Promise<[string, number, number]> {
    const result = await client.result(op.CEPH_MDS_OP_UNLINK, path);
    const node = dir.children.get(name);
    if (!node) return ['unlink', result, -ERRNO.ENOENT];
    if (node.isDir()) return ['unlink', result, -ERRNO.EISDIR];
    node.nlink--;
    dir.children.delete(name);
    return ['unlink', result, 0];
  }

  async #rmdir(client: TestClient, dir: ModelNode, name: string, path: FilePath): Promise<[string, number, number]> {
    const result = await client.result(op.CEPH_MDS_OP_RMDIR, path);
    const node = dir.children.get(name);
    if (!node) return ['rmdir', result, -ERRNO.ENOENT];
    if (!node.isDir()) return ['rmdir', result, -ERRNO.ENOTDIR];
    if (node.children.size > 0) return ['rmdir', result, -ERRNO.ENOTEMPTY];
    dir.children.delete(name);
    return ['rmdir', result, 0];
  }

  async #rename(client: TestClient, dir: ModelNode, name: string, path: FilePath): Promise<[string, number, number]> {
    const from = this.#pick(this.dirs());
    const fromName = this.#pick(NAMES);
    const result = await client.result(op.CEPH_MDS_OP_RENAME, path, (m) => (m.path2 = new FilePath(from.ino, fromName)));
    const node = from.children.get(fromName);
    const there = dir.children.get(name);
    const errno = this.#renameErrno(node, there, dir);
    // a directory that isn't empty, for something that isn't one: either may be told
    const either = errno === -ERRNO.ENOTEMPTY && result === -ERRNO.EISDIR && !node?.isDir();
    const expected = either ? result : errno;
    if (expected === 0 && node && node !== there) {
      from.children.delete(fromName);
      dir.children.set(name, node);
      if (there) there.nlink--;
    }
    return ['rename', result, expected];
  }

  #renameErrno(node: ModelNode | undefined, there: ModelNode | undefined, dir: ModelNode): number {
    if (!node) return -ERRNO.ENOENT;
    if (node === there) return 0;
    if (node.isDir() && node.holds(dir)) return -ERRNO.EINVAL;
    if (!there) return 0;
    if (there.isDir() && there.children.size > 0) return -ERRNO.ENOTEMPTY;
    if (there.isDir() && !node.isDir()) return -ERRNO.EISDIR;
    return !there.isDir() && node.isDir() ? -ERRNO.ENOTDIR : 0;
  }

  async #link(client: TestClient, dir: ModelNode, name: string, path: FilePath): Promise<[string, number, number]> {
    const from = this.#pick(this.dirs());
    const fromName = this.#pick(NAMES);
    const node = from.children.get(fromName);
    const target = node && this.below(2) === 0 ? new FilePath(node.ino, '') : new FilePath(from.ino, fromName);
    const result = await client.result(op.CEPH_MDS_OP_LINK, path, (m) => (m.path2 = target));
    const taken = dir.children.has(name);
    // POSIX leaves open which of two errors is told
    if (!node) return ['link', result, taken && result === -ERRNO.EEXIST ? -ERRNO.EEXIST : -ERRNO.ENOENT];
    if (taken) return ['link', result, -ERRNO.EEXIST];
    if (node.isDir()) return ['link', result, -ERRNO.EINVAL];
    node.nlink++;
    dir.children.set(name, node);
    return ['link', result, 0];
  }

  async #setattr(client: TestClient, dir: ModelNode, name: string): Promise<[string, number, number]> {
    const node = dir.children.get(name);
    if (!node) return ['none', 0, 0];
    const resize = this.below(2) === 0;
    const [mode, size] = [this.below(0o1000), this.below(4) * 1000];
    const reply = await client.call(op.CEPH_MDS_OP_SETATTR, new FilePath(node.ino, ''), (m) => {
      Object.assign(m.args.setattr, resize ? { mask: 0x20, size, oldSize: node.size } : { mask: 1, mode });
    });
    if (resize && node.type !== 'f') return ['truncate', reply.result, node.isDir() ? -ERRNO.EISDIR : -ERRNO.EINVAL];
    if (resize) node.size = size;
    else node.mode = mode;
    if (reply.result === 0 && client.patient) this.#check(node, targetOf(reply));
    return [resize ? 'truncate' : 'chmod', reply.result, 0];
  }

  async #lookup(client: TestClient, dir: ModelNode, name: string, path: FilePath): Promise<[string, number, number]> {
    const node = dir.children.get(name);
    const stat = await client.stat(path);
    if (typeof stat === 'number') return ['lookup', stat, node ? 0 : -ERRNO.ENOENT];
    if (!node) return ['lookup', 0, -ERRNO.ENOENT];
    this.#check(node, stat);
    return ['lookup', 0, 0];
  }

  async #readdir(client: TestClient, dir: ModelNode): Promise<[string, number, number]> {
    // what others have done and isn't durable yet shows in names only: attributes without their caps may be older
    await this.#compareDir(client, dir, this.below(3), client.patient);
    return ['readdir', 0, 0];
  }

  async #compareDir(client: TestClient, dir: ModelNode, max = 0, attributes = true): Promise<void> {
    const found = await client.readdir(dir.ino, max);
    const [names, wanted] = [[...found.keys()].sort().join(), [...dir.children.keys()].sort().join()];
    if (names !== wanted) throw new Error(`step ${this.#steps}: the directory holds ${names}, expected ${wanted}`);
    for (const [name, child] of attributes ? dir.children : []) this.#check(child, found.get(name) as InodeStat);
  }

  /** The whole tree, as `client` sees it, against the model; throws where they differ. */
  async compare(client: TestClient): Promise<void> {
    for (const dir of this.dirs()) await this.#compareDir(client, dir);
  }
}
