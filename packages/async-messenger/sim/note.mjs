// The messages of a simulation, and a secret for secure mode.

/** What of this is defined anew for each copy of the library. */
const kits = new WeakMap();

export function kitOf(lib) {
  const { Message } = lib.messenger;
  let kit = kits.get(Message);
  if (!kit) kits.set(Message, (kit = { Note: defineNote(Message), SharedSecret: defineSecret(lib) }));
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

/** Method none with a secret that both ends know, as cephx would have agreed on one: secure mode. */
function defineSecret({ messenger: { AuthNone, CON_MODE }, encoding: { AuthEntityName } }) {
  const agree = (meta) => {
    meta.sessionKey = new Uint8Array(16).fill(1);
    meta.connectionSecret = Uint8Array.from({ length: 40 }, (_, i) => i * 7);
  };
  return class SharedSecret extends AuthNone {
    constructor() {
      super({ name: () => AuthEntityName.parse('client.x'), globalId: () => 1, modes: [CON_MODE.SECURE] });
    }

    handleAuthDone(_con, meta) {
      agree(meta);
      return 0;
    }

    handleAuthRequest(con, meta, more, method, payload) {
      agree(meta);
      return super.handleAuthRequest(con, meta, more, method, payload);
    }
  };
}
