/** Marks every error of this library, so that `isCephError` survives two loaded copies of the package (ESM and CJS, realms, workers). */
const BRAND: unique symbol = Symbol.for('cephts.error');

/** Errnos that the primitives answer with, apart from the table, which a bundle of one primitive then leaves out. */
export const EAGAIN = 11;
/** What waited was cancelled. */
export const ECANCELED = 125;
/** An argument makes no sense. */
export const EINVAL = 22;

/** Linux errno values that Ceph puts on the wire, by name. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  ETIME: 62,
  EPROTO: 71,
  EBADMSG: 74,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  EISCONN: 106,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EALREADY: 114,
  EINPROGRESS: 115,
  ESTALE: 116,
  EDQUOT: 122,
  ECANCELED: 125,
  EOWNERDEAD: 130,
} as const;

/** Name of an errno, as in `'ENOENT'`. */
export type ErrnoName = keyof typeof ERRNO;

let names: Map<number, string> | undefined;

/**
 * The name of an errno, of either sign: `errnoName(-2)` is `'ENOENT'`; an unknown one is `'E<number>'`.
 */
export function errnoName(errno: number): string {
  const value = Math.abs(errno);
  names ??= new Map(Object.entries(ERRNO).map(([name, number]) => [number, name]));
  return names.get(value) ?? `E${value}`;
}

/** Options of {@link CephError}. */
export interface CephErrorOptions {
  /** Positive errno, where the error has one. */
  errno?: number;
  cause?: unknown;
}

/**
 * Base of every error this library throws. `code` is stable and starts with `ERR_CEPH_`; `errno` is positive where there is one.
 */
export class CephError extends Error {
  override name = 'CephError';
  declare readonly code: string;
  declare readonly errno: number | undefined;

  constructor(code: string, message: string, options: CephErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.errno = options.errno;
  }

  /** @internal */
  get [BRAND](): true {
    return true;
  }

  /** True for an error of any loaded copy of this library. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === CephError ? isCephError(value) : super[Symbol.hasInstance](value);
  }
}

/** True for an error of any loaded copy of this library. */
export function isCephError(value: unknown): value is CephError {
  return (value as Record<symbol, unknown> | null | undefined)?.[BRAND] === true;
}

/** The result that tells of an error: its errno, negative; -ECANCELED where it has none. */
export function resultOf(error: unknown): number {
  const { errno } = (error ?? {}) as { errno?: number };
  return -(Math.abs(errno! | 0) || ECANCELED);
}

/** A {@link CephError} for a negative Ceph return code: `errnoError(-2, 'lookup of /a')` is `ERR_CEPH_ENOENT`. */
export function errnoError(r: number, what: string): CephError {
  const name = errnoName(r);
  return new CephError(`ERR_CEPH_${name}`, `${what}: ${name}`, { errno: Math.abs(r) });
}

/** What is pending is settled with this when its owner closes, or when its signal aborts. */
export class AbortedError extends CephError {
  override name = 'AbortError';
  constructor(message = 'The operation was aborted', options: CephErrorOptions = {}) {
    super('ERR_CEPH_ABORTED', message, { errno: ECANCELED, ...options });
  }

  /** True for an error of this code of any loaded copy of this library. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isCephError(value) && value.code === 'ERR_CEPH_ABORTED';
  }
}

/** A {@link CephError} `ERR_CEPH_INVALID_ARGUMENT` (EINVAL). */
export function invalidArgument(message: string): CephError {
  return new CephError('ERR_CEPH_INVALID_ARGUMENT', message, { errno: EINVAL });
}
