// Changed handshakes and frames against a messenger on a simulated network, as an acceptor and as a connector, in crc and in secure mode: no
// crash, no hang, nothing left behind, nothing allocated beyond what arrived and what is configured. What is changed in a frame goes out
// with the right checksums or well sealed, so that it gets behind them; other changes are made to the bytes on the wire.
import { seededRandom } from '@cephts/common';
import { MESSAGES, pieces, record } from './kit/conversation.mjs';
import { metered } from './kit/meter.mjs';
import { below, mutateBytes, mutateFrame } from './kit/mutate.mjs';
import { MAX_MESSAGE, MBlob, Scene } from './kit/scene.mjs';

/** A messenger's output is assembled in pieces of that size. */
const CHUNK = 128 * 1024;
/** Of what arrived there may be so many copies, the network's and the peer's among them. */
const COPIES = 16;
/** Frames of a handshake, about. */
const HANDSHAKE = 6;
const MOST_FINDINGS = 10;

/**
 * @param {number} seconds how long
 * @param {{ u32(): number }} rng
 * @returns {Promise<{ executions: number, findings: string[] }>}
 */
export async function fuzz(seconds, rng) {
  const until = performance.now() + seconds * 1000;
  const conversation = await record(seededRandom(rng.u32()));
  const targets = ['server', 'client'].flatMap((role) => [false, true].map((secure) => ({ role, secure })));
  const findings = [];
  const unchanged = { frame: (frame) => [frame], bytes: (piece) => piece };
  for (const target of targets) {
    const dispatched = await replay(conversation, target, seededRandom(rng.u32()), unchanged);
    if (dispatched !== MESSAGES)
      findings.push(`${nameOf(target)}: of ${MESSAGES} messages ${dispatched} are dispatched, with nothing changed`);
  }
  let executions = 0;
  while (performance.now() < until && findings.length < MOST_FINDINGS) {
    const target = targets[executions % targets.length];
    const seed = rng.u32();
    try {
      const random = seededRandom(seed);
      await replay(conversation, target, random, changes(conversation, target.role === 'server', random));
    } catch (error) {
      findings.push(`${nameOf(target)}, seed ${seed}: ${error.stack}`);
    }
    executions++;
  }
  return { executions, findings };
}

const nameOf = ({ role, secure }) => `${role} in ${secure ? 'secure' : 'crc'} mode`;

/** What is changed on the way: one frame or some, every other one of a handshake, or pieces of bytes. */
function changes({ connector, acceptor }, isConnector, rng) {
  const parts = isConnector ? connector : acceptor;
  const lengths = parts.map(({ frames }) => frames.length);
  const others = [...connector, ...acceptor].flatMap(({ frames }) => frames);
  const victims = new Set();
  for (let count = 1 + below(rng, 3); count > 0; count--) {
    const part = below(rng, parts.length);
    const begin = part === 0 ? 0 : lengths[0];
    victims.add(begin + below(rng, rng.next() < 0.5 ? HANDSHAKE : lengths[part]));
  }
  const ofFrames = rng.next() < 0.7;
  let number = 0;
  return {
    frame: (frame) => (victims.has(number++) && ofFrames ? mutateFrame(frame, others, rng) : [frame]),
    bytes: (piece) => (!ofFrames && victims.has(number) ? mutateBytes(piece, rng) : piece),
  };
}

/** Lets a fresh messenger have the peer's part of the conversation. Gives back how many messages it dispatched. @throws Error */
async function replay(conversation, { role, secure }, rng, change) {
  const scene = new Scene(rng, secure);
  let arrived = 0;
  const say = async (socket, part, isConnector) => {
    for (const piece of pieces(part, { secure, isConnector, ...change })) {
      if (socket.closed) break;
      arrived += piece.length;
      socket.write([piece]);
      if (rng.next() < 0.4) await scene.advance(3);
    }
    await scene.advance(5);
    socket.destroy();
  };
  const { largest, total } = await metered(async () => {
    if (role === 'server') {
      const server = await scene.server();
      for (const part of conversation.connector) {
        const socket = scene.dial();
        await scene.advance(5);
        await say(socket, part, true);
      }
      await scene.advance(20_000);
      await scene.end(server);
    } else {
      const sockets = scene.listen();
      const { messenger, con } = scene.client();
      for (let i = 0; i < 3; i++) con.sendMessage(MBlob.of(i * 17, i * 500));
      for (const part of conversation.acceptor) {
        // it may wait before it comes back
        await scene.advance(5);
        if (sockets.length === 0) await scene.advance(20_000);
        const socket = sockets.pop();
        if (socket) await say(socket, part, false);
        await scene.advance(5);
      }
      con.markDown();
      await scene.advance(20_000);
      for (const socket of sockets) socket.destroy();
      await scene.end(messenger);
    }
  });
  const most = arrived + MAX_MESSAGE + CHUNK;
  if (largest > most) throw new Error(`${largest} bytes are allocated at once, where ${arrived} arrived`);
  if (total > COPIES * most) throw new Error(`${total} bytes are allocated in all, where ${arrived} arrived`);
  return scene.dispatched;
}
