import { Decoder, Encoder, EntityAddr, EntityAddrVec, UTime } from '@cephts/encoding';

// Payloads of the control frames, each as a pair of functions. See src/msg/async/frames_v2.h (16.2.15)

/** msgr2.1. */
export const MSGR2_REVISION_1 = 1n;
export const MSGR2_SUPPORTED: bigint = MSGR2_REVISION_1;
export const MSGR2_REQUIRED = 0n;
/** Flag of an ident frame: messages may be dropped. */
export const CONNECT_LOSSY = 1;

const PREFIX = new TextEncoder().encode('ceph v2\n');

export interface Banner {
  supported: bigint;
  required: bigint;
}

export function encodeBanner({ supported, required }: Banner): Uint8Array {
  return new Encoder(32).raw(PREFIX).u16(16).u64big(supported).u64big(required).toBytes();
}

export function decodeBanner(payload: Uint8Array): Banner {
  const d = new Decoder(payload, 'banner');
  return { supported: d.u64big(), required: d.u64big() };
}

export interface Hello {
  entityType: number;
  /** The address the sender sees its peer at. */
  peerAddr: EntityAddr;
}

export function encodeHello({ entityType, peerAddr }: Hello): Uint8Array {
  const e = new Encoder(64).u8(entityType);
  peerAddr.encode(e);
  return e.toBytes();
}

export function decodeHello(payload: Uint8Array): Hello {
  const d = new Decoder(payload, 'HELLO');
  return { entityType: d.u8(), peerAddr: EntityAddr.decode(d) };
}

export interface AuthRequest {
  method: number;
  preferredModes: readonly number[];
  payload: Uint8Array;
}

const writeU32 = (e: Encoder, value: number): unknown => e.u32(value);
const readU32 = (d: Decoder): number => d.u32();

export function encodeAuthRequest({ method, preferredModes, payload }: AuthRequest): Uint8Array {
  return new Encoder(64).u32(method).list(preferredModes, writeU32).blob(payload).toBytes();
}

export function decodeAuthRequest(payload: Uint8Array): AuthRequest {
  const d = new Decoder(payload, 'AUTH_REQUEST');
  return { method: d.u32(), preferredModes: d.list(readU32, 4), payload: d.blob() };
}

export interface AuthBadMethod {
  method: number;
  /** Negative errno. */
  result: number;
  allowedMethods: readonly number[];
  allowedModes: readonly number[];
}

export function encodeAuthBadMethod({ method, result, allowedMethods, allowedModes }: AuthBadMethod): Uint8Array {
  return new Encoder(64).u32(method).s32(result).list(allowedMethods, writeU32).list(allowedModes, writeU32).toBytes();
}

export function decodeAuthBadMethod(payload: Uint8Array): AuthBadMethod {
  const d = new Decoder(payload, 'AUTH_BAD_METHOD');
  return { method: d.u32(), result: d.s32(), allowedMethods: d.list(readU32, 4), allowedModes: d.list(readU32, 4) };
}

/** AUTH_REPLY_MORE and AUTH_REQUEST_MORE. */
export function encodeAuthMore(payload: Uint8Array): Uint8Array {
  return new Encoder(64).blob(payload).toBytes();
}

export function decodeAuthMore(payload: Uint8Array): Uint8Array {
  return new Decoder(payload, 'AUTH_MORE').blob();
}

export interface AuthDone {
  globalId: number;
  conMode: number;
  payload: Uint8Array;
}

export function encodeAuthDone({ globalId, conMode, payload }: AuthDone): Uint8Array {
  return new Encoder(64).u64(globalId).u32(conMode).blob(payload).toBytes();
}

export function decodeAuthDone(payload: Uint8Array): AuthDone {
  const d = new Decoder(payload, 'AUTH_DONE');
  return { globalId: d.u64(), conMode: d.u32(), payload: d.blob() };
}

/** Bytes of a signature: HMAC-SHA256, all zero without a session key. */
export const SIGNATURE_LENGTH = 32;

export function decodeSignature(payload: Uint8Array): Uint8Array {
  return new Decoder(payload, 'AUTH_SIGNATURE').raw(SIGNATURE_LENGTH);
}

export interface ClientIdent {
  addrs: EntityAddrVec;
  targetAddr: EntityAddr;
  gid: number;
  globalSeq: number;
  supported: bigint;
  required: bigint;
  flags: number;
  cookie: bigint;
}

export function encodeClientIdent(f: ClientIdent): Uint8Array {
  const e = new Encoder(256);
  f.addrs.encode(e);
  f.targetAddr.encode(e);
  e.s64(f.gid).u64(f.globalSeq).u64big(f.supported).u64big(f.required).u64(f.flags).u64big(f.cookie);
  return e.toBytes();
}

export function decodeClientIdent(payload: Uint8Array): ClientIdent {
  const d = new Decoder(payload, 'CLIENT_IDENT');
  return {
    addrs: EntityAddrVec.decode(d),
    targetAddr: EntityAddr.decode(d),
    gid: d.s64(),
    globalSeq: d.u64(),
    supported: d.u64big(),
    required: d.u64big(),
    flags: d.u64(),
    cookie: d.u64big(),
  };
}

export type ServerIdent = Omit<ClientIdent, 'targetAddr'>;

export function encodeServerIdent(f: ServerIdent): Uint8Array {
  const e = new Encoder(256);
  f.addrs.encode(e);
  e.s64(f.gid).u64(f.globalSeq).u64big(f.supported).u64big(f.required).u64(f.flags).u64big(f.cookie);
  return e.toBytes();
}

export function decodeServerIdent(payload: Uint8Array): ServerIdent {
  const d = new Decoder(payload, 'SERVER_IDENT');
  return {
    addrs: EntityAddrVec.decode(d),
    gid: d.s64(),
    globalSeq: d.u64(),
    supported: d.u64big(),
    required: d.u64big(),
    flags: d.u64(),
    cookie: d.u64big(),
  };
}

/** IDENT_MISSING_FEATURES. */
export function encodeFeatures(features: bigint): Uint8Array {
  return new Encoder(8).u64big(features).toBytes();
}

export function decodeFeatures(payload: Uint8Array): bigint {
  return new Decoder(payload, 'IDENT_MISSING_FEATURES').u64big();
}

export interface Reconnect {
  addrs: EntityAddrVec;
  clientCookie: bigint;
  serverCookie: bigint;
  globalSeq: number;
  connectSeq: number;
  msgSeq: number;
}

export function encodeReconnect(f: Reconnect): Uint8Array {
  const e = new Encoder(256);
  f.addrs.encode(e);
  e.u64big(f.clientCookie).u64big(f.serverCookie).u64(f.globalSeq).u64(f.connectSeq).u64(f.msgSeq);
  return e.toBytes();
}

export function decodeReconnect(payload: Uint8Array): Reconnect {
  const d = new Decoder(payload, 'SESSION_RECONNECT');
  return {
    addrs: EntityAddrVec.decode(d),
    clientCookie: d.u64big(),
    serverCookie: d.u64big(),
    globalSeq: d.u64(),
    connectSeq: d.u64(),
    msgSeq: d.u64(),
  };
}

/** SESSION_RESET. */
export function encodeReset(full: boolean): Uint8Array {
  return new Encoder(1).bool(full).toBytes();
}

export function decodeReset(payload: Uint8Array): boolean {
  return new Decoder(payload, 'SESSION_RESET').bool();
}

/** SESSION_RETRY, SESSION_RETRY_GLOBAL, SESSION_RECONNECT_OK, ACK. */
export function encodeSeq(seq: number): Uint8Array {
  return new Encoder(8).u64(seq).toBytes();
}

export function decodeSeq(payload: Uint8Array, frame: string): number {
  return new Decoder(payload, frame).u64();
}

/** Attempts to connect that no messenger gets to: a thousand a second for millennia. */
const MAX_ATTEMPTS = 2 ** 48;

/**
 * SESSION_RETRY and SESSION_RETRY_GLOBAL, which {@link encodeSeq} writes. The latter is what all connections of a messenger count on from: a
 * peer must not get it near the end of the integers.
 *
 * @throws DecodeError for a number that cannot be
 */
export function decodeAttempts(payload: Uint8Array, frame: string): number {
  const d = new Decoder(payload, frame);
  const attempts = d.u64();
  if (attempts > MAX_ATTEMPTS) throw d.error(`${attempts} attempts to connect`, 0);
  return attempts;
}

/** KEEPALIVE2 and its answer. */
export function encodeStamp(stamp: UTime): Uint8Array {
  const e = new Encoder(8);
  stamp.encode(e);
  return e.toBytes();
}

export function decodeStamp(payload: Uint8Array): UTime {
  return UTime.decode(new Decoder(payload, 'KEEPALIVE2'));
}
