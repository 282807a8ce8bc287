import { EntityName } from '@cephts/encoding';
import type { ProtocolV2 } from './protocol-v2.js';
import {
  CONNECT_LOSSY,
  decodeAttempts,
  decodeAuthBadMethod,
  decodeAuthDone,
  decodeAuthMore,
  decodeFeatures,
  decodeReset,
  decodeSeq,
  decodeServerIdent,
  encodeAuthMore,
  encodeAuthRequest,
  encodeClientIdent,
  encodeReconnect,
} from './control-frames.js';
import { AuthConnectionMeta } from '../auth/auth.js';
import { onwireKeys } from './crypto-onwire.js';
import { MSGR2_FEATURES } from './features.js';
import { State } from './state.js';
import { Tag } from './tag.js';

/**
 * The connector's way from the HELLO to READY: authentication, then a new session or the one that was.
 *
 * @see src/msg/async/ProtocolV2.cc (16.2.15)
 */
export class ClientHandshake {
  readonly #p: ProtocolV2;

  constructor(protocol: ProtocolV2) {
    this.#p = protocol;
  }

  /** The HELLOs are exchanged. */
  start(): void {
    const p = this.#p;
    p.authMeta = new AuthConnectionMeta();
    p.state = State.AUTH_CONNECTING;
    this.#sendAuthRequest();
  }

  handleFrame(tag: Tag, payload: Uint8Array): void {
    switch (tag) {
      case Tag.AUTH_BAD_METHOD:
        this.#handleAuthBadMethod(payload);
        break;
      case Tag.AUTH_REPLY_MORE:
        this.#handleAuthReplyMore(payload);
        break;
      case Tag.AUTH_DONE:
        this.#handleAuthDone(payload);
        break;
      case Tag.SERVER_IDENT:
        this.#handleServerIdent(payload);
        break;
      case Tag.IDENT_MISSING_FEATURES:
        this.#p.fault(`client does not support all server features: ${decodeFeatures(payload).toString(16)}`);
        break;
      case Tag.SESSION_RESET:
        this.#handleSessionReset(decodeReset(payload));
        break;
      case Tag.SESSION_RETRY:
        this.#handleSessionRetry(decodeAttempts(payload, 'SESSION_RETRY'));
        break;
      case Tag.SESSION_RETRY_GLOBAL:
        this.#handleSessionRetryGlobal(decodeAttempts(payload, 'SESSION_RETRY_GLOBAL'));
        break;
      case Tag.SESSION_RECONNECT_OK:
        this.#handleReconnectOk(decodeSeq(payload, 'SESSION_RECONNECT_OK'));
        break;
      case Tag.WAIT:
        this.#p.state = State.WAIT;
        this.#p.fault('received WAIT (connection race)');
        break;
      default:
        this.#p.fault(`frame ${tag} is none for a connector`);
    }
  }

  /** Both signatures are right. */
  finishAuth(): void {
    const p = this.#p;
    if (p.session.serverCookie === 0n) {
      p.state = State.SESSION_CONNECTING;
      this.#sendClientIdent();
    } else {
      p.state = State.SESSION_RECONNECTING;
      this.#sendReconnect();
    }
  }

  #sendAuthRequest(): void {
    const p = this.#p;
    const plan = p.host.authClient.getAuthRequest(p.con, p.authMeta);
    if (typeof plan === 'number') {
      p.log(0, `get_initial_auth_request returned ${plan}`);
      p.stopAndReset();
      return;
    }
    p.authMeta.authMethod = plan.method;
    p.ask(Tag.AUTH_REQUEST, encodeAuthRequest(plan));
  }

  #handleAuthBadMethod(payload: Uint8Array): void {
    const p = this.#p;
    const { method, result, allowedMethods, allowedModes } = decodeAuthBadMethod(payload);
    p.log(1, `method=${method} result ${result}, allowed methods=${allowedMethods.join()}, allowed modes=${allowedModes.join()}`);
    const r = p.host.authClient.handleAuthBadMethod(p.con, p.authMeta, method, result, allowedMethods, allowedModes);
    if (p.state !== State.AUTH_CONNECTING) return;
    if (r < 0) p.fault(`auth method ${method} was refused with ${result}`);
    else this.#sendAuthRequest();
  }

  #handleAuthReplyMore(payload: Uint8Array): void {
    const p = this.#p;
    const reply = p.host.authClient.handleAuthReplyMore(p.con, p.authMeta, decodeAuthMore(payload));
    if (p.state !== State.AUTH_CONNECTING) return;
    if (typeof reply === 'number') p.fault(`auth_client handle_auth_reply_more returned ${reply}`);
    else p.ask(Tag.AUTH_REQUEST_MORE, encodeAuthMore(reply));
  }

  #handleAuthDone(payload: Uint8Array): void {
    const p = this.#p;
    const meta = p.authMeta;
    const done = decodeAuthDone(payload);
    const r = p.host.authClient.handleAuthDone(p.con, meta, done.globalId, done.conMode, done.payload);
    if (p.state !== State.AUTH_CONNECTING) return;
    if (r < 0) {
      p.fault(`auth_client handle_auth_done returned ${r}`);
      return;
    }
    meta.conMode = done.conMode;
    const { own, expected } = p.takeSignatures();
    p.expectSignature(expected);
    if (meta.isSecure) p.wire?.startSecure(onwireKeys(meta.connectionSecret, false));
    p.state = State.AUTH_CONNECTING_SIGN;
    p.ask(Tag.AUTH_SIGNATURE, own);
  }

  #sendClientIdent(): void {
    const { con, host, session } = this.#p;
    const { lossy, featuresSupported, featuresRequired } = con.policy;
    if (!lossy && session.clientCookie === 0n) session.clientCookie = host.cct.random.u64() || 1n;
    this.#p.ask(
      Tag.CLIENT_IDENT,
      encodeClientIdent({
        addrs: host.myaddrs,
        targetAddr: con.targetAddr,
        gid: host.myname.num,
        globalSeq: session.globalSeq,
        supported: featuresSupported,
        required: featuresRequired | MSGR2_FEATURES,
        flags: lossy ? CONNECT_LOSSY : 0,
        cookie: session.clientCookie,
      }),
    );
  }

  #sendReconnect(): void {
    const { host, session } = this.#p;
    const { clientCookie, serverCookie, globalSeq, connectSeq, inSeq } = session;
    this.#p.log(5, () => `reconnect to session: gs=${globalSeq} cs=${connectSeq} ms=${inSeq}`);
    this.#p.ask(
      Tag.SESSION_RECONNECT,
      encodeReconnect({ addrs: host.myaddrs, clientCookie, serverCookie, globalSeq, connectSeq, msgSeq: inSeq }),
    );
  }

  #handleSessionReset(full: boolean): void {
    const p = this.#p;
    p.log(1, `received session reset full=${full ? 1 : 0}`);
    if (full) p.resetSession();
    else {
      p.session.serverCookie = 0n;
      p.session.connectSeq = 0;
      p.session.inSeq = 0;
    }
    p.state = State.SESSION_CONNECTING;
    this.#sendClientIdent();
  }

  #handleSessionRetry(connectSeq: number): void {
    this.#p.log(1, `received session retry connect_seq=${connectSeq}`);
    this.#p.session.connectSeq = connectSeq + 1;
    this.#sendReconnect();
  }

  #handleSessionRetryGlobal(globalSeq: number): void {
    const { session, host } = this.#p;
    session.globalSeq = host.getGlobalSeq(globalSeq);
    this.#p.log(1, `received session retry global global_seq=${globalSeq}, choose new gs=${session.globalSeq}`);
    this.#sendReconnect();
  }

  #handleReconnectOk(msgSeq: number): void {
    const { session } = this.#p;
    this.#p.log(5, `reconnect accepted: sms=${msgSeq}`);
    session.checkReceived(msgSeq);
    session.discardRequeuedUpTo(msgSeq);
    this.#connected();
  }

  #handleServerIdent(payload: Uint8Array): void {
    const p = this.#p;
    const { con, session } = p;
    const ident = decodeServerIdent(payload);
    if (!ident.addrs.contains(con.targetAddr)) {
      p.fault(`peer identifies as ${String(ident.addrs)}, does not include ${String(con.targetAddr)}`);
      return;
    }
    session.serverCookie = ident.cookie;
    session.peerGlobalSeq = ident.globalSeq;
    con.setPeerAddrs(ident.addrs);
    p.peerName = new EntityName(con.peerType, ident.gid);
    p.features = ident.supported & con.policy.featuresSupported;
    con.setLossy((ident.flags & CONNECT_LOSSY) !== 0);
    this.#connected();
  }

  #connected(): void {
    const p = this.#p;
    p.host.dispatchQueue.queueConnect(p.con);
    p.host.fastConnect(p.con);
    if (!p.isClosed) p.ready();
  }
}
