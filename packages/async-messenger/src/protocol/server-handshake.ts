import { ERRNO } from '@cephts/common';
import { EntityName } from '@cephts/encoding';
import { CON_MODE } from '../auth/auth.js';
import type { ProtocolV2 } from './protocol-v2.js';
import {
  CONNECT_LOSSY,
  decodeAuthMore,
  decodeAuthRequest,
  decodeClientIdent,
  decodeReconnect,
  encodeAuthBadMethod,
  encodeAuthDone,
  encodeAuthMore,
  encodeFeatures,
  encodeReset,
  encodeSeq,
  encodeServerIdent,
} from './control-frames.js';
import { onwireKeys } from './crypto-onwire.js';
import { MSGR2_FEATURES } from './features.js';
import { State } from './state.js';
import { Tag } from './tag.js';

const NOTHING = new Uint8Array(0);

/**
 * The acceptor's way from the HELLO to READY: authentication, then the question which session this is, and which of two sockets wins.
 *
 * Ceph hands a socket from one connection to another by events on two threads, and knows a state "replacing" in between; here that
 * happens within one call, so nobody ever sees it.
 *
 * @see src/msg/async/ProtocolV2.cc (16.2.15)
 */
export class ServerHandshake {
  readonly #p: ProtocolV2;

  constructor(protocol: ProtocolV2) {
    this.#p = protocol;
  }

  handleFrame(tag: Tag, payload: Uint8Array): void {
    switch (tag) {
      case Tag.AUTH_REQUEST:
        this.#handleAuthRequest(payload);
        break;
      case Tag.AUTH_REQUEST_MORE:
        this.#authenticate(decodeAuthMore(payload), true);
        break;
      case Tag.CLIENT_IDENT:
        this.#handleClientIdent(payload);
        break;
      case Tag.SESSION_RECONNECT:
        this.#handleReconnect(payload);
        break;
      default:
        this.#p.fault(`frame ${tag} is none for an acceptor`);
    }
  }

  #handleAuthRequest(payload: Uint8Array): void {
    const { authMeta, host, con } = this.#p;
    const request = decodeAuthRequest(payload);
    authMeta.authMethod = request.method;
    authMeta.conMode = host.authServer.pickConMode(con.peerType, request.method, request.preferredModes);
    if (authMeta.conMode === CON_MODE.UNKNOWN) this.#badMethod(-ERRNO.EOPNOTSUPP);
    else this.#authenticate(request.payload, false);
  }

  #authenticate(payload: Uint8Array, more: boolean): void {
    const p = this.#p;
    const { authMeta, host, con } = p;
    const verdict = host.authServer.handleAuthRequest(con, authMeta, more, authMeta.authMethod, payload);
    if (p.state !== State.AUTH_ACCEPTING && p.state !== State.AUTH_ACCEPTING_MORE) return;
    if (typeof verdict === 'number') {
      if (verdict === -ERRNO.EBUSY) p.fault('cannot authenticate it now');
      else this.#badMethod(verdict);
    } else if (!verdict.done) {
      p.state = State.AUTH_ACCEPTING_MORE;
      p.ask(Tag.AUTH_REPLY_MORE, encodeAuthMore(verdict.reply));
    } else if (host.handleAuthentication(con)) this.#authDone(verdict.reply);
    else this.#badMethod(-ERRNO.EACCES);
  }

  #badMethod(result: number): void {
    const p = this.#p;
    const { methods, modes } = p.host.authServer.supportedMethods(p.con.peerType);
    p.log(1, `auth_method ${p.authMeta.authMethod} r ${result}, allowed_methods ${methods.join()}, allowed_modes ${modes.join()}`);
    p.ask(
      Tag.AUTH_BAD_METHOD,
      encodeAuthBadMethod({ method: p.authMeta.authMethod, result, allowedMethods: methods, allowedModes: modes }),
    );
  }

  #authDone(reply: Uint8Array): void {
    const p = this.#p;
    const meta = p.authMeta;
    p.state = State.AUTH_ACCEPTING_SIGN;
    p.send(Tag.AUTH_DONE, encodeAuthDone({ globalId: p.con.peerGlobalId, conMode: meta.conMode, payload: reply }));
    const { own, expected } = p.takeSignatures();
    p.expectSignature(expected);
    if (meta.isSecure) p.wire?.startSecure(onwireKeys(meta.connectionSecret, true));
    p.ask(Tag.AUTH_SIGNATURE, own);
  }

  #handleClientIdent(payload: Uint8Array): void {
    const p = this.#p;
    const { con, host, session } = p;
    const ident = decodeClientIdent(payload);
    const { addrs, targetAddr } = ident;
    if (addrs.isEmpty() || addrs.front().type === 0) {
      p.fault('client_ident.addrs() is empty');
      return;
    }
    if (!host.myaddrs.contains(targetAddr)) {
      p.fault(`peer is trying to reach ${String(targetAddr)} which is not us (${String(host.myaddrs)})`);
      return;
    }
    con.setPeerAddrs(addrs);
    con.inferTargetAddr(addrs);
    p.peerName = new EntityName(con.peerType, ident.gid);
    session.clientCookie = ident.cookie;
    const missing = (con.policy.featuresRequired | MSGR2_FEATURES) & ~ident.supported;
    if (missing !== 0n) {
      p.log(1, `peer missing required features ${missing.toString(16)}`);
      p.ask(Tag.IDENT_MISSING_FEATURES, encodeFeatures(missing));
      return;
    }
    p.features = ident.supported & con.policy.featuresSupported;
    session.peerGlobalSeq = ident.globalSeq;
    const { policy } = con;
    if (!policy.server || !policy.lossy || policy.registerLossyClients) {
      const existing = host.lookupConn(addrs)?.protocol;
      if (existing && existing !== p) {
        this.#handleExisting(existing);
        return;
      }
    }
    this.sendServerIdent();
  }

  #handleExisting(existing: ProtocolV2): void {
    const p = this.#p;
    const { con, session, host } = p;
    const theirs = existing.session;
    if (existing.isClosed) {
      this.sendServerIdent();
    } else if (theirs.peerGlobalSeq > session.peerGlobalSeq) {
      p.log(
        1,
        `this is a stale connection, peer_global_seq=${session.peerGlobalSeq} existing ${theirs.peerGlobalSeq}, stopping it`,
      );
      p.stopAndReset();
    } else if (existing.con.policy.lossy) {
      p.log(1, 'existing is a lossy channel. Stopping existing in favor of this connection');
      existing.stopAndReset();
      this.sendServerIdent();
    } else if (theirs.serverCookie !== 0n && theirs.clientCookie !== 0n && theirs.clientCookie !== session.clientCookie) {
      p.log(1, 'found previous session, peer must have reseted');
      if (con.policy.resetcheck) existing.resetSession();
      this.#reuse(existing);
    } else if (theirs.clientCookie === session.clientCookie) {
      p.log(1, 'found previous session, continuing session establishment');
      this.#reuse(existing);
    } else if (existing.state === State.READY || existing.state === State.STANDBY) {
      p.log(1, 'existing is READY/STANDBY, reusing it');
      this.#reuse(existing);
    } else if (con.peerAddrs.msgr2Addr().compare(host.myaddrs.msgr2Addr()) < 0 || existing.con.policy.server) {
      p.log(1, "connection race detected, replacing existing's socket by this connection's");
      this.#reuse(existing);
    } else {
      p.log(1, 'connection race detected, this connection loses to existing');
      // the peer has something for us: make sure that the existing one gets through
      existing.sendKeepalive();
      p.ask(Tag.WAIT, NOTHING);
    }
  }

  #handleReconnect(payload: Uint8Array): void {
    const p = this.#p;
    const { con, host } = p;
    const reconnect = decodeReconnect(payload);
    const { addrs, clientCookie, globalSeq, connectSeq, msgSeq } = reconnect;
    con.setPeerAddrs(addrs);
    con.inferTargetAddr(addrs);
    p.session.peerGlobalSeq = globalSeq;
    const existing = host.lookupConn(addrs)?.protocol;
    if (!existing || existing.isClosed) {
      p.log(0, 'no existing connection exists, reseting client');
      p.ask(Tag.SESSION_RESET, encodeReset(true));
      return;
    }
    const theirs = existing.session;
    if (theirs.clientCookie !== clientCookie) {
      p.log(1, 'client cookie mismatch, I must have reseted');
      p.ask(Tag.SESSION_RESET, encodeReset(con.policy.resetcheck));
    } else if (theirs.serverCookie === 0n) {
      p.log(1, "I was a client and didn't receive the server_ident. Asking peer to resume session establishment");
      p.ask(Tag.SESSION_RESET, encodeReset(false));
    } else if (theirs.peerGlobalSeq > globalSeq) {
      p.log(5, `stale global_seq: sgs=${theirs.peerGlobalSeq} cgs=${globalSeq}, ask client to retry global`);
      p.ask(Tag.SESSION_RETRY_GLOBAL, encodeSeq(theirs.peerGlobalSeq));
    } else if (theirs.connectSeq > connectSeq) {
      p.log(5, `stale connect_seq scs=${theirs.connectSeq} ccs=${connectSeq}, ask client to retry`);
      p.ask(Tag.SESSION_RETRY, encodeSeq(theirs.connectSeq));
    } else if (
      theirs.connectSeq === connectSeq &&
      existing.con.peerAddrs.msgr2Addr().compare(host.myaddrs.msgr2Addr()) > 0 &&
      !existing.con.policy.server
    ) {
      p.log(1, 'reconnect race detected, this connection loses to existing');
      p.ask(Tag.WAIT, NOTHING);
    } else {
      // the existing one goes on where the claim is none
      theirs.checkReceived(msgSeq);
      p.log(1, 'reconnect to existing');
      p.reconnecting = true;
      theirs.connectSeq = connectSeq;
      theirs.messageSeq = msgSeq;
      this.#reuse(existing);
    }
  }

  /** The existing connection takes this one's socket; this one is done. */
  #reuse(existing: ProtocolV2): void {
    const p = this.#p;
    existing.reconnecting = p.reconnecting;
    existing.session.peerGlobalSeq = p.session.peerGlobalSeq;
    if (!p.reconnecting) {
      existing.session.clientCookie = p.session.clientCookie;
      existing.peerName = p.peerName;
      existing.features = p.features;
    }
    existing.adopt(p);
    p.stopAndReset();
    const server = new ServerHandshake(existing);
    if (existing.reconnecting) server.sendReconnectOk();
    else server.sendServerIdent();
  }

  /** A new session. */
  sendServerIdent(): void {
    const p = this.#p;
    const { con, host, session } = p;
    const { lossy, featuresSupported, featuresRequired } = con.policy;
    session.discardRequeuedUpTo(0);
    session.inSeq = 0;
    if (!lossy) session.serverCookie = host.cct.random.u64() || 1n;
    const ident = encodeServerIdent({
      addrs: host.myaddrs,
      gid: host.myname.num,
      globalSeq: host.getGlobalSeq(),
      supported: featuresSupported,
      required: featuresRequired | MSGR2_FEATURES,
      flags: lossy ? CONNECT_LOSSY : 0,
      cookie: session.serverCookie,
    });
    this.#accepted(Tag.SERVER_IDENT, ident);
  }

  /** The session goes on. */
  sendReconnectOk(): void {
    const { session } = this.#p;
    session.discardRequeuedUpTo(session.messageSeq);
    this.#accepted(Tag.SESSION_RECONNECT_OK, encodeSeq(session.inSeq));
  }

  #accepted(tag: Tag, payload: Uint8Array): void {
    const p = this.#p;
    const { con, host } = p;
    if (!host.acceptConn(con)) {
      p.fault(`existing race replacing process for addr = ${String(con.peerAddrs)}, just fail later one (this)`);
      return;
    }
    host.dispatchQueue.queueAccept(con);
    host.fastAccept(con);
    if (p.state !== State.SESSION_ACCEPTING) return;
    p.send(tag, payload);
    p.ready();
  }
}
