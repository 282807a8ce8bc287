import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';

/**
 * What goes to one of a monitor's services begins with the version of its map the sender has seen.
 * @see src/messages/PaxosServiceMessage.h (16.2.15)
 */
export abstract class PaxosServiceMessage extends Message {
  version = 0;

  protected paxosEncode(e: Encoder): void {
    // The two fields once named the session with the monitor.
    e.u64(this.version).u16(0xffff).u64(0);
  }

  protected paxosDecode(d: Decoder): void {
    this.version = d.u64();
    d.skip(10);
  }
}
