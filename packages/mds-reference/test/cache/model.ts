import { FilePath } from '../../src/types/file-path.js';
import { CEPH_SETATTR_MODE, CEPH_SETATTR_SIZE } from '../../src/types/ceph-fs.js';
import * as ops from '../../src/types/op-names.js';
import type { MClientRequest } from '../../src/messages/m-client-request.js';
import { fillCreate } from './cache-kit.js';

/** A file or directory of the model. */
export interface Node {
  ino: number;
  kind: 'd' | 'f' | 'l';
  mode: number;
  size: number;
  nlink: number;
  target: string;
  xattrs: Map<string, string>;
  children: Map<string, Node>;
  parent: Node | undefined;
}

/** A request, and what it does to the model when it succeeds. */
export interface Step {
  op: number;
  dir: Node;
  name: string;
  fill: (req: MClientRequest) => void;
  /** @param made number of the inode it made */
  apply: (made: number) => void;
}

function node(kind: Node['kind'], mode: number, parent: Node | undefined): Node {
  return { ino: 0, kind, mode, size: 0, nlink: 1, target: '', xattrs: new Map(), children: new Map(), parent };
}

/** What a file system is expected to hold, kept beside the real one. */
export class Model {
  readonly root: Node = node('d', 0o755, undefined);
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
    this.root.ino = 1;
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #dirs(at = this.root, into: Node[] = []): Node[] {
    into.push(at);
    for (const child of at.children.values()) if (child.kind === 'd') this.#dirs(child, into);
    return into;
  }

  #name(): string {
    return `n${Math.floor(this.#random() * 12)}`;
  }

  /** A request that makes sense; undefined where chance found none. */
  next(): Step | undefined {
    const dir = this.#pick(this.#dirs());
    const name = this.#name();
    const taken = dir.children.get(name);
    const dice = this.#random();
    if (dice < 0.2) return taken ? undefined : this.#mkdir(dir, name);
    if (dice < 0.45) return taken ? undefined : this.#create(dir, name);
    if (dice < 0.5) return taken ? undefined : this.#symlink(dir, name);
    if (dice < 0.62) return taken && this.#remove(dir, name, taken);
    if (dice < 0.82) return this.#rename(dir, name, taken);
    if (dice < 0.9) return taken ? undefined : this.#link(dir, name);
    return taken && this.#change(dir, name, taken);
  }

  #mkdir(dir: Node, name: string): Step {
    const mode = 0o700 + Math.floor(this.#random() * 64);
    return {
      op: ops.CEPH_MDS_OP_MKDIR,
      dir,
      name,
      fill: (req) => (req.args.mkdir.mode = mode),
      apply: (made) => this.#add(dir, name, node('d', mode, dir), made),
    };
  }

  #create(dir: Node, name: string): Step {
    return {
      op: ops.CEPH_MDS_OP_CREATE,
      dir,
      name,
      fill: (req) => fillCreate(req, 0o640),
      apply: (made) => this.#add(dir, name, node('f', 0o640, dir), made),
    };
  }

  #symlink(dir: Node, name: string): Step {
    const target = `to/${name}`;
    return {
      op: ops.CEPH_MDS_OP_SYMLINK,
      dir,
      name,
      fill: (req) => (req.path2 = new FilePath(0, target)),
      apply: (made) => {
        const link = node('l', 0o777, dir);
        link.target = target;
        this.#add(dir, name, link, made);
      },
    };
  }

  #add(dir: Node, name: string, child: Node, ino: number): void {
    child.ino = ino;
    dir.children.set(name, child);
  }

  #drop(dir: Node, name: string): void {
    const child = dir.children.get(name);
    if (child) child.nlink--;
    dir.children.delete(name);
  }

  #remove(dir: Node, name: string, child: Node): Step | undefined {
    if (child.children.size > 0) return undefined;
    return {
      op: child.kind === 'd' ? ops.CEPH_MDS_OP_RMDIR : ops.CEPH_MDS_OP_UNLINK,
      dir,
      name,
      fill: () => undefined,
      apply: () => this.#drop(dir, name),
    };
  }

  #entries(): { dir: Node; name: string; child: Node }[] {
    return this.#dirs().flatMap((dir) => [...dir.children].map(([name, child]) => ({ dir, name, child })));
  }

  #rename(dir: Node, name: string, taken: Node | undefined): Step | undefined {
    const from = this.#pick(this.#entries());
    if (!from || from.child === taken) return undefined;
    for (let at: Node | undefined = dir; at; at = at.parent) if (at === from.child) return undefined;
    if (taken && (taken.children.size > 0 || (taken.kind === 'd') !== (from.child.kind === 'd'))) return undefined;
    return {
      op: ops.CEPH_MDS_OP_RENAME,
      dir,
      name,
      fill: (req) => (req.path2 = new FilePath(from.dir.ino, from.name)),
      apply: () => {
        if (taken) this.#drop(dir, name);
        from.dir.children.delete(from.name);
        from.child.parent = dir;
        dir.children.set(name, from.child);
      },
    };
  }

  #link(dir: Node, name: string): Step | undefined {
    const from = this.#pick(this.#entries().filter(({ child }) => child.kind === 'f'));
    if (!from) return undefined;
    return {
      op: ops.CEPH_MDS_OP_LINK,
      dir,
      name,
      fill: (req) => (req.path2 = new FilePath(from.child.ino, '')),
      apply: () => {
        from.child.nlink++;
        dir.children.set(name, from.child);
      },
    };
  }

  #change(dir: Node, name: string, child: Node): Step {
    const mode = 0o600 + Math.floor(this.#random() * 64);
    const size = child.kind === 'f' && this.#random() < 0.5 ? Math.floor(this.#random() * 1e6) : undefined;
    if (child.kind === 'f' && this.#random() < 0.3) {
      const value = String(Math.floor(this.#random() * 100));
      return {
        op: ops.CEPH_MDS_OP_SETXATTR,
        dir,
        name,
        fill: (req) => {
          req.path2 = new FilePath(0, 'user.x');
          req.data = new TextEncoder().encode(value);
        },
        apply: () => child.xattrs.set('user.x', [...new TextEncoder().encode(value)].join('.')),
      };
    }
    return {
      op: ops.CEPH_MDS_OP_SETATTR,
      dir,
      name,
      fill: (req) => {
        const { setattr } = req.args;
        setattr.mask = CEPH_SETATTR_MODE | (size === undefined ? 0 : CEPH_SETATTR_SIZE);
        setattr.mode = mode;
        if (size !== undefined) setattr.size = size;
      },
      apply: () => {
        child.mode = mode;
        if (size !== undefined) child.size = size;
      },
    };
  }

  /** In the form of `CacheKit.tree`. */
  tree(at = this.root, path = ''): string[] {
    const lines: string[] = [];
    for (const name of [...at.children.keys()].sort()) {
      const child = at.children.get(name) as Node;
      const what = child.kind === 'd' ? 'd' : child.kind === 'l' ? `l ${child.target}` : `f n${child.nlink} s${child.size}`;
      const xattrs = [...child.xattrs].map(([key, value]) => `${key}=${value}`);
      lines.push([`${path}/${name}`, what, child.mode.toString(8), ...xattrs].join(' '));
      if (child.kind === 'd') lines.push(...this.tree(child, `${path}/${name}`));
    }
    return lines;
  }
}
