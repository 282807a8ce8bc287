// Capabilities: what a client may do with an inode without asking. @see src/include/ceph_fs.h (16.2.15)

export const CEPH_CAP_PIN = 1;

/** Generic bits; each lock's caps are these, shifted. */
export const CEPH_CAP_GSHARED = 1;
export const CEPH_CAP_GEXCL = 2;
export const CEPH_CAP_GCACHE = 4;
export const CEPH_CAP_GRD = 8;
export const CEPH_CAP_GWR = 16;
export const CEPH_CAP_GBUFFER = 32;
export const CEPH_CAP_GWREXTEND = 64;
export const CEPH_CAP_GLAZYIO = 128;

export const CEPH_CAP_SAUTH = 2;
export const CEPH_CAP_SLINK = 4;
export const CEPH_CAP_SXATTR = 6;
export const CEPH_CAP_SFILE = 8;
export const CEPH_CAP_SIMPLE_BITS = 2;
export const CEPH_CAP_FILE_BITS = 8;

export const CEPH_CAP_AUTH_SHARED = CEPH_CAP_GSHARED << CEPH_CAP_SAUTH;
export const CEPH_CAP_AUTH_EXCL = CEPH_CAP_GEXCL << CEPH_CAP_SAUTH;
export const CEPH_CAP_LINK_SHARED = CEPH_CAP_GSHARED << CEPH_CAP_SLINK;
export const CEPH_CAP_LINK_EXCL = CEPH_CAP_GEXCL << CEPH_CAP_SLINK;
export const CEPH_CAP_XATTR_SHARED = CEPH_CAP_GSHARED << CEPH_CAP_SXATTR;
export const CEPH_CAP_XATTR_EXCL = CEPH_CAP_GEXCL << CEPH_CAP_SXATTR;
export const CEPH_CAP_FILE_SHARED = CEPH_CAP_GSHARED << CEPH_CAP_SFILE;
export const CEPH_CAP_FILE_EXCL = CEPH_CAP_GEXCL << CEPH_CAP_SFILE;
export const CEPH_CAP_FILE_CACHE = CEPH_CAP_GCACHE << CEPH_CAP_SFILE;
export const CEPH_CAP_FILE_RD = CEPH_CAP_GRD << CEPH_CAP_SFILE;
export const CEPH_CAP_FILE_WR = CEPH_CAP_GWR << CEPH_CAP_SFILE;
export const CEPH_CAP_FILE_BUFFER = CEPH_CAP_GBUFFER << CEPH_CAP_SFILE;
export const CEPH_CAP_FILE_WREXTEND = CEPH_CAP_GWREXTEND << CEPH_CAP_SFILE;
export const CEPH_CAP_FILE_LAZYIO = CEPH_CAP_GLAZYIO << CEPH_CAP_SFILE;

/** Masks of getattr: what the client wants to know. */
export const CEPH_STAT_CAP_INODE = CEPH_CAP_PIN;
export const CEPH_STAT_CAP_TYPE = CEPH_CAP_PIN;
export const CEPH_STAT_CAP_SYMLINK = CEPH_CAP_PIN;
export const CEPH_STAT_CAP_UID = CEPH_CAP_AUTH_SHARED;
export const CEPH_STAT_CAP_GID = CEPH_CAP_AUTH_SHARED;
export const CEPH_STAT_CAP_MODE = CEPH_CAP_AUTH_SHARED;
export const CEPH_STAT_CAP_NLINK = CEPH_CAP_LINK_SHARED;
export const CEPH_STAT_CAP_LAYOUT = CEPH_CAP_FILE_SHARED;
export const CEPH_STAT_CAP_MTIME = CEPH_CAP_FILE_SHARED;
export const CEPH_STAT_CAP_SIZE = CEPH_CAP_FILE_SHARED;
export const CEPH_STAT_CAP_ATIME = CEPH_CAP_FILE_SHARED;
export const CEPH_STAT_CAP_XATTR = CEPH_CAP_XATTR_SHARED;
export const CEPH_STAT_CAP_INODE_ALL =
  CEPH_CAP_PIN | CEPH_CAP_AUTH_SHARED | CEPH_CAP_LINK_SHARED | CEPH_CAP_FILE_SHARED | CEPH_CAP_XATTR_SHARED;
export const CEPH_STAT_CAP_INLINE_DATA = CEPH_CAP_FILE_SHARED | CEPH_CAP_FILE_RD;
export const CEPH_STAT_RSTAT = CEPH_CAP_FILE_WREXTEND;

export const CEPH_CAP_ANY_SHARED = CEPH_CAP_AUTH_SHARED | CEPH_CAP_LINK_SHARED | CEPH_CAP_XATTR_SHARED | CEPH_CAP_FILE_SHARED;
export const CEPH_CAP_ANY_RD = CEPH_CAP_ANY_SHARED | CEPH_CAP_FILE_RD | CEPH_CAP_FILE_CACHE;
export const CEPH_CAP_ANY_EXCL = CEPH_CAP_AUTH_EXCL | CEPH_CAP_LINK_EXCL | CEPH_CAP_XATTR_EXCL | CEPH_CAP_FILE_EXCL;
export const CEPH_CAP_ANY_FILE_RD = CEPH_CAP_FILE_RD | CEPH_CAP_FILE_CACHE | CEPH_CAP_FILE_SHARED;
export const CEPH_CAP_ANY_FILE_WR = CEPH_CAP_FILE_WR | CEPH_CAP_FILE_BUFFER | CEPH_CAP_FILE_EXCL;
export const CEPH_CAP_ANY_WR = CEPH_CAP_ANY_EXCL | CEPH_CAP_ANY_FILE_WR;
export const CEPH_CAP_ANY = CEPH_CAP_ANY_RD | CEPH_CAP_ANY_EXCL | CEPH_CAP_ANY_FILE_WR | CEPH_CAP_FILE_LAZYIO | CEPH_CAP_PIN;

/** On a directory some file caps mean something else. */
export const CEPH_CAP_DIR_CREATE = CEPH_CAP_FILE_CACHE;
export const CEPH_CAP_DIR_UNLINK = CEPH_CAP_FILE_RD;
export const CEPH_CAP_ANY_DIR_OPS = CEPH_CAP_FILE_CACHE | CEPH_CAP_FILE_RD | CEPH_CAP_FILE_WREXTEND | CEPH_CAP_FILE_LAZYIO;

/** Flags of a cap in a reply. */
export const CEPH_CAP_FLAG_AUTH = 1;
export const CEPH_CAP_FLAG_RELEASE = 2;

function generic(bits: number): string {
  let text = '';
  if (bits & CEPH_CAP_GSHARED) text += 's';
  if (bits & CEPH_CAP_GEXCL) text += 'x';
  if (bits & CEPH_CAP_GCACHE) text += 'c';
  if (bits & CEPH_CAP_GRD) text += 'r';
  if (bits & CEPH_CAP_GWR) text += 'w';
  if (bits & CEPH_CAP_GBUFFER) text += 'b';
  if (bits & CEPH_CAP_GWREXTEND) text += 'a';
  if (bits & CEPH_CAP_GLAZYIO) text += 'l';
  return text;
}

/** Caps of one lock, unshifted: `sx`. */
export function gcapString(bits: number): string {
  return generic(bits);
}

/** Caps as Ceph's logs show them: `pAsLsXsFscr`, `-` for none. */
export function capString(caps: number): string {
  let text = caps & CEPH_CAP_PIN ? 'p' : '';
  const auth = (caps >>> CEPH_CAP_SAUTH) & 3;
  const link = (caps >>> CEPH_CAP_SLINK) & 3;
  const xattr = (caps >>> CEPH_CAP_SXATTR) & 3;
  const file = caps >>> CEPH_CAP_SFILE;
  if (auth) text += `A${generic(auth)}`;
  if (link) text += `L${generic(link)}`;
  if (xattr) text += `X${generic(xattr)}`;
  if (file) text += `F${generic(file)}`;
  return text === '' ? '-' : text;
}

/** Caps that an open in this file mode wants. */
export function capsForMode(mode: number): number {
  let caps = CEPH_CAP_PIN;
  if (mode & 1) caps |= CEPH_CAP_FILE_SHARED | CEPH_CAP_FILE_RD | CEPH_CAP_FILE_CACHE;
  if (mode & 2) {
    caps |= CEPH_CAP_FILE_EXCL | CEPH_CAP_FILE_WR | CEPH_CAP_FILE_BUFFER | CEPH_CAP_AUTH_SHARED | CEPH_CAP_AUTH_EXCL;
    caps |= CEPH_CAP_XATTR_SHARED | CEPH_CAP_XATTR_EXCL;
  }
  if (mode & 4) caps |= CEPH_CAP_FILE_LAZYIO;
  return caps;
}

/** File mode of open flags. */
export function flagsToMode(flags: number): number {
  // O_DIRECTORY pins only.
  if ((flags & 0o200000) === 0o200000) return 0;
  const access = flags & 0o3;
  const mode = access === 0o1 ? 2 : access === 0 ? 1 : 3;
  return flags & 0o20000 ? mode | 4 : mode;
}
