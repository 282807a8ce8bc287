// A conversation of two messengers over two sockets, recorded; and what a peer makes of its part.
import { CON_MODE } from '@cephts/async-messenger';
import { Sealer, TAG, parse, plain } from './framing.mjs';
import { MBlob, SECRET, Scene } from './scene.mjs';

const ROUNDS = 4;
/** Messages that each of the two sends. */
export const MESSAGES = 2 * ROUNDS;

/**
 * A client and a server that send each other messages, are cut off, and go on.
 *
 * @returns {Promise<{ connector: object[], acceptor: object[] }>} what each wrote, socket by socket
 */
export async function record(rng) {
  const scene = new Scene(rng, false);
  const { net } = scene;
  const written = { connector: [], acceptor: [] };
  const tap = (socket, pieces) => {
    const write = socket.write.bind(socket);
    socket.write = (parts) => {
      pieces.push(...parts.map((part) => Buffer.from(part)));
      return write(parts);
    };
    return socket;
  };
  const next = (role) => written[role][written[role].push([]) - 1];
  const { connect, listen } = net;
  net.connect = (...args) => tap(connect.apply(net, args), next('connector'));
  net.listen = (addr, accept) => listen.call(net, addr, (socket) => accept(tap(socket, next('acceptor'))));

  const server = await scene.server();
  let peer;
  server.addDispatcherHead({ msDispatch: () => false, msHandleFastAccept: (con) => (peer = con) });
  const { messenger: client, con } = scene.client();
  await scene.advance(100);
  for (const cut of [true, false]) {
    for (let i = 0; i < ROUNDS; i++) {
      con.sendMessage(MBlob.of(i * 17, i * 500));
      peer.sendMessage(MBlob.of(i * 19, i * 300));
      con.sendKeepalive();
      peer.sendKeepalive();
      await scene.advance(10);
    }
    if (cut) net.cutAll();
    await scene.advance(1000);
  }
  await scene.end(client, server);
  const parsed = (role) =>
    written[role].map((pieces) => {
      const { banner, frames } = parse(Buffer.concat(pieces));
      return { banner, frames: frames.map(humble) };
    });
  return { connector: parsed('connector'), acceptor: parsed('acceptor') };
}

/** Where frames say up to which message their sender has received, from the beginning of their first segment or from its end. */
const RECEIVED = { [TAG.MESSAGE]: 28, [TAG.ACK]: 0, [TAG.SESSION_RECONNECT]: -8, [TAG.SESSION_RECONNECT_OK]: 0 };

/** Nothing was received: who has this replayed to it has sent less than who was recorded, and breaks with a peer that claims more. */
function humble(frame) {
  const place = RECEIVED[frame.tag];
  if (place === undefined) return frame;
  const first = Buffer.from(frame.segments[0]);
  const at = place < 0 ? first.length + place : place;
  return { ...frame, segments: [first.fill(0, at, at + 8), ...frame.segments.slice(1)] };
}

/**
 * What one socket's part of the conversation is on the wire, piece by piece.
 *
 * @param {{ secure: boolean, isConnector: boolean, frame: (frame) => object[], bytes: (piece) => Uint8Array }} how what becomes of each
 *   frame before it has its checksums or is sealed, and of each piece on the wire
 */
export function* pieces({ banner, frames }, { secure, isConnector, frame: change, bytes }) {
  yield bytes(banner);
  const sealer = new Sealer(SECRET, isConnector);
  let sealed = false;
  for (const frame of frames) {
    for (const one of change(secure ? inSecureMode(frame) : frame)) yield bytes(sealed ? sealer.seal(one) : plain(one));
    // what follows a request that is granted at once is sealed
    sealed ||= secure && isModal(frame);
  }
}

/** Does it ask for a mode, or grant one? */
const isModal = ({ tag }) => tag === TAG.AUTH_REQUEST || tag === TAG.AUTH_DONE;

/** The mode is at the same place in both. */
function inSecureMode(frame) {
  if (!isModal(frame)) return frame;
  const payload = Buffer.from(frame.segments[0]);
  payload.writeUInt32LE(CON_MODE.SECURE, 8);
  return { ...frame, segments: [payload] };
}
