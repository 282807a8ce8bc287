import { Fifo } from '@cephts/common';
import type { Message } from '../message.js';
import { FrameError } from './frame-error.js';
import { OutQueue } from './out-queue.js';

/**
 * What of a connection outlives its sockets: cookies, sequence numbers, messages to send, and messages sent that the peer has not
 * acknowledged.
 *
 * ```text
 *   out ──writeNext──▶ sent ──ack──▶ gone
 *    ▲                  │
 *    └────requeueSent───┘   (fault: in front, with the same numbers again)
 * ```
 *
 * @see src/msg/async/ProtocolV2.cc (16.2.15)
 */
export class Session {
  readonly out: OutQueue = new OutQueue();
  readonly sent: Fifo<Message> = new Fifo();
  /** Chosen by the connector, not 0 for a session that loses nothing. */
  clientCookie = 0n;
  /** Chosen by the acceptor; 0 until it has answered. */
  serverCookie = 0n;
  /** Attempts to connect, counted over all connections of this messenger, and of the peer's. */
  globalSeq = 0;
  peerGlobalSeq = 0;
  /** Attempts to come back to this session. */
  connectSeq = 0;
  /** Number of the last message written, and of the last one received. */
  outSeq = 0;
  inSeq = 0;
  /** The last number the peer had received when it came back. */
  messageSeq = 0;
  /** Messages received that were not acknowledged. */
  ackLeft = 0;

  /**
   * The peer says that it has received messages up to `seq`: can that be? Who believed more would drop messages before they are sent, or count
   * on from a number that no message has. Ceph believes it.
   *
   * @throws FrameError where a message of that number was never sent
   */
  checkReceived(seq: number): void {
    // those that are to be sent again were sent, and have the numbers after outSeq
    const last = this.outSeq + this.out.requeued;
    if (seq > last) throw new FrameError(`peer claims to have received up to ${seq}, the last message sent is ${last}`);
  }

  /** The peer has received messages up to `seq`. */
  acknowledge(seq: number): void {
    const { sent } = this;
    for (let m = sent.first; m && m.seq <= seq; m = sent.first) sent.shift();
  }

  /** The socket broke: what was sent goes out again, before anything else. */
  requeueSent(): void {
    if (this.sent.length === 0) return;
    this.outSeq -= this.sent.length;
    this.out.requeue(this.sent);
  }

  /** The peer had received messages up to `seq`: they need not go out again. */
  discardRequeuedUpTo(seq: number): void {
    const { out } = this;
    // the numbers of those are the ones after outSeq
    if (out.requeued > 0) this.outSeq += out.discardRequeued(seq - this.outSeq);
    else this.outSeq = seq;
  }

  /** Drops all messages. */
  discardOut(): void {
    this.sent.clear();
    this.out.clear();
  }

  /** The session is lost: begins anew. */
  reset(): void {
    this.discardOut();
    this.outSeq = this.inSeq = 0;
    this.clientCookie = this.serverCookie = 0n;
    this.connectSeq = this.peerGlobalSeq = this.messageSeq = this.ackLeft = 0;
  }
}
