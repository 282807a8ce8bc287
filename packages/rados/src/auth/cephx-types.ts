import { UTime } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';
import { AuthTicket } from './auth-types.js';
import { CryptoKey } from './crypto-key.js';

// The structs of cephx. @see src/auth/cephx/CephxProtocol.h (16.2.15), doc/dev/cephx_protocol.rst

export const CEPHX_GET_AUTH_SESSION_KEY = 0x0100;
export const CEPHX_GET_PRINCIPAL_SESSION_KEY = 0x0200;
export const CEPHX_GET_ROTATING_KEY = 0x0400;

/** The secret number of a ticket that is sealed with a service's own key instead of a rotating one. */
export const CEPHX_GENERAL_SECRET_ID = 0xffff_ffff_ffff_ffffn;

const NO_BYTES = new Uint8Array(0);

/** A number in front of which stands a version byte: challenges and requests. */
export class CephXServerChallenge {
  readonly serverChallenge: bigint;

  constructor(serverChallenge = 0n) {
    this.serverChallenge = serverChallenge;
  }

  encode(e: Encoder): void {
    e.u8(1).u64big(this.serverChallenge);
  }

  static decode(d: Decoder): CephXServerChallenge {
    d.u8();
    return new CephXServerChallenge(d.u64big());
  }
}

/** The server's challenge to an authorizer: the same bytes as {@link CephXServerChallenge}. */
export const CephXAuthorizeChallenge: typeof CephXServerChallenge = CephXServerChallenge;

export class CephXRequestHeader {
  readonly requestType: number;

  constructor(requestType = 0) {
    this.requestType = requestType;
  }

  encode(e: Encoder): void {
    e.u16(this.requestType);
  }

  static decode(d: Decoder): CephXRequestHeader {
    return new CephXRequestHeader(d.u16());
  }
}

export class CephXResponseHeader {
  readonly requestType: number;
  readonly status: number;

  constructor(requestType = 0, status = 0) {
    this.requestType = requestType;
    this.status = status;
  }

  encode(e: Encoder): void {
    e.u16(this.requestType).s32(this.status);
  }

  static decode(d: Decoder): CephXResponseHeader {
    const requestType = d.u16();
    return new CephXResponseHeader(requestType, d.s32());
  }
}

/** A ticket as its holder sees it: sealed for the service, with the number of the secret it is sealed with. */
export class CephXTicketBlob {
  readonly secretId: bigint;
  readonly blob: Uint8Array;

  constructor(secretId = 0n, blob: Uint8Array = NO_BYTES) {
    this.secretId = secretId;
    this.blob = blob;
  }

  encode(e: Encoder): void {
    e.u8(1).u64big(this.secretId).blob(this.blob);
  }

  static decode(d: Decoder): CephXTicketBlob {
    d.u8();
    const secretId = d.u64big();
    return new CephXTicketBlob(secretId, d.blob().slice());
  }
}

/** A client's answer to the monitor's challenge. */
export class CephXAuthenticate {
  clientChallenge = 0n;
  key = 0n;
  /** Proves that one had the global id before; from version 3 on always sent when there is one. */
  oldTicket = new CephXTicketBlob();
  /** Services whose tickets are wanted with the answer: a mask of entity types. */
  otherKeys = 0;
  /** Version it came in. */
  structVersion = 3;

  encode(e: Encoder): void {
    e.u8(this.structVersion).u64big(this.clientChallenge).u64big(this.key);
    this.oldTicket.encode(e);
    if (this.structVersion >= 2) e.u32(this.otherKeys);
  }

  static decode(d: Decoder): CephXAuthenticate {
    const req = new CephXAuthenticate();
    req.structVersion = Math.min(d.u8(), 3);
    req.clientChallenge = d.u64big();
    req.key = d.u64big();
    req.oldTicket = CephXTicketBlob.decode(d);
    if (req.structVersion >= 2) req.otherKeys = d.u32();
    return req;
  }
}

/** What is encrypted to show that one has the key. */
export class CephXChallengeBlob {
  readonly serverChallenge: bigint;
  readonly clientChallenge: bigint;

  constructor(serverChallenge = 0n, clientChallenge = 0n) {
    this.serverChallenge = serverChallenge;
    this.clientChallenge = clientChallenge;
  }

  encode(e: Encoder): void {
    e.u64big(this.serverChallenge).u64big(this.clientChallenge);
  }

  static decode(d: Decoder): CephXChallengeBlob {
    const serverChallenge = d.u64big();
    return new CephXChallengeBlob(serverChallenge, d.u64big());
  }
}

export class CephXServiceTicketRequest {
  /** A mask of entity types. */
  readonly keys: number;

  constructor(keys = 0) {
    this.keys = keys;
  }

  encode(e: Encoder): void {
    e.u8(1).u32(this.keys);
  }

  static decode(d: Decoder): CephXServiceTicketRequest {
    d.u8();
    return new CephXServiceTicketRequest(d.u32());
  }
}

/** The holder's part of a ticket: the session key that the service finds in the sealed part. */
export class CephXServiceTicket {
  sessionKey = new CryptoKey();
  /** For how long; zero for no limit. */
  validity: UTime = UTime.ZERO;

  encode(e: Encoder): void {
    e.u8(1);
    this.sessionKey.encode(e);
    this.validity.encode(e);
  }

  static decode(d: Decoder): CephXServiceTicket {
    const ticket = new CephXServiceTicket();
    d.u8();
    ticket.sessionKey = CryptoKey.decode(d);
    ticket.validity = UTime.decode(d);
    return ticket;
  }
}

/** The service's part of a ticket. */
export class CephXServiceTicketInfo {
  ticket = new AuthTicket();
  sessionKey = new CryptoKey();

  encode(e: Encoder): void {
    e.u8(1);
    this.ticket.encode(e);
    this.sessionKey.encode(e);
  }

  static decode(d: Decoder): CephXServiceTicketInfo {
    const info = new CephXServiceTicketInfo();
    d.u8();
    info.ticket = AuthTicket.decode(d);
    info.sessionKey = CryptoKey.decode(d);
    return info;
  }
}

/** The part of an authorizer that shows that one has the session key. */
export class CephXAuthorize {
  nonce = 0n;
  haveChallenge = false;
  serverChallengePlusOne = 0n;
  structVersion = 2;

  encode(e: Encoder): void {
    e.u8(this.structVersion).u64big(this.nonce);
    if (this.structVersion >= 2) e.bool(this.haveChallenge).u64big(this.serverChallengePlusOne);
  }

  static decode(d: Decoder): CephXAuthorize {
    const msg = new CephXAuthorize();
    msg.structVersion = Math.min(d.u8(), 2);
    msg.nonce = d.u64big();
    if (msg.structVersion >= 2) {
      msg.haveChallenge = d.bool();
      msg.serverChallengePlusOne = d.u64big();
    }
    return msg;
  }
}

/** The service's answer to an authorizer: shows that it has the session key too. */
export class CephXAuthorizeReply {
  noncePlusOne = 0n;
  /** For secure mode; empty in crc mode. */
  connectionSecret: Uint8Array = NO_BYTES;

  encode(e: Encoder): void {
    const secret = this.connectionSecret;
    e.u8(secret.length > 0 ? 2 : 1).u64big(this.noncePlusOne);
    if (secret.length > 0) e.blob(secret);
  }

  static decode(d: Decoder): CephXAuthorizeReply {
    const reply = new CephXAuthorizeReply();
    const version = d.u8();
    reply.noncePlusOne = d.u64big();
    if (version >= 2) reply.connectionSecret = d.blob().slice();
    return reply;
  }
}
