const BRAND: unique symbol = Symbol.for('cephts.error');

/**
 * Bytes that are not what they should be: names the type and the offset where reading stopped.
 */
export class DecodeError extends Error {
  override name = 'DecodeError';
  readonly code = 'ERR_CEPH_DECODE';
  /** EIO where C++ throws buffer::error. */
  readonly errno = 5;
  /** Type being read, outermost first, as in `'EMetaBlob > dirlump'`. */
  readonly type: string;
  /** Offset in bytes from the start of the outermost input. */
  readonly offset: number;

  constructor(type: string, offset: number, problem: string, options?: { cause?: unknown }) {
    super(`${type}: ${problem} at offset ${offset}`, options);
    this.type = type;
    this.offset = offset;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for an error of this code of any loaded copy of this library. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    const error = value as { readonly code?: unknown; readonly [BRAND]?: true } | null | undefined;
    return error?.[BRAND] === true && error.code === 'ERR_CEPH_DECODE';
  }
}
