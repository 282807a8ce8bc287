// The messages of a simulation, and a secret for secure mode.
import { defineSharedSecret } from './shared-secret.mjs';

/** What of this is defined anew for each copy of the library. */
const kits = new WeakMap();

export function kitOf(lib) {
  const { Message } = lib.messenger;
  let kit = kits.get(Message);
  if (!kit) kits.set(Message, (kit = { Note: defineNote(Message), SharedSecret: defineSharedSecret(lib.messenger, lib.encoding) }));
  return kit;
}

/** Number `value` of a stream: what one end sends on one session with one priority. */
function defineNote(Message) {
  return class SimNote extends Message {
    static TYPE = 9100;
    type = 9100;
    typeName = 'sim_note';
    stream = '';
    value = 0;

    encodePayload(e) {
      e.string(this.stream).u64(this.value);
    }

    decodePayload(d) {
      this.stream = d.string();
      this.value = d.u64();
    }

    print() {
      return `${this.stream} #${this.value}`;
    }
  };
}
