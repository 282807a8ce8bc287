/** Longest request that is taken, in bytes. */
export const MAX_REQUEST = 64 * 1024;

/** What a client of the admin socket sent so far amounts to. */
export type RequestParse = { done: false } | { done: true; json: string } | { done: true; error: string };

const LEGACY = ['0', 'perfcounters_dump', 'perfcounters_schema'];

/**
 * Finds the request in what a client sent: a line of JSON ended by `\n` or a zero byte, or four bytes of the protocol before that.
 *
 * @see AdminSocket::do_accept in src/common/admin_socket.cc (16.2.15)
 */
export function parseRequest(bytes: Uint8Array): RequestParse {
  if (bytes.length > 0 && bytes[0] === 0) {
    if (bytes.length < 4) return { done: false };
    const prefix = LEGACY[bytes[3] as number];
    return prefix === undefined
      ? { done: true, error: 'unknown legacy request' }
      : { done: true, json: JSON.stringify({ prefix }) };
  }
  const end = bytes.findIndex((byte) => byte === 0 || byte === 10);
  if (end >= 0) return { done: true, json: new TextDecoder().decode(bytes.subarray(0, end)) };
  if (bytes.length > MAX_REQUEST) return { done: true, error: `request longer than ${MAX_REQUEST} bytes` };
  return { done: false };
}

/** A reply as it goes over the socket: its length, big-endian, then its bytes. */
export function frameReply(text: string): Uint8Array {
  const body = new TextEncoder().encode(text);
  const framed = new Uint8Array(4 + body.length);
  new DataView(framed.buffer).setUint32(0, body.length);
  framed.set(body, 4);
  return framed;
}
