/**
 * Method none with a secret that both ends know, as cephx would have agreed on one: secure mode. Defined anew for each copy of the library.
 */
export function defineSharedSecret({ AuthNone, CON_MODE }, { AuthEntityName }) {
  return class SharedSecret extends AuthNone {
    #agreed;

    /** @param agreed `connectionSecret`, and `sessionKey` where what went before the authentication is to be signed */
    constructor(agreed) {
      super({ name: () => AuthEntityName.parse('client.x'), globalId: () => 1, modes: [CON_MODE.SECURE] });
      this.#agreed = agreed;
    }

    handleAuthDone(_con, meta) {
      Object.assign(meta, this.#agreed);
      return 0;
    }

    handleAuthRequest(con, meta, more, method, payload) {
      Object.assign(meta, this.#agreed);
      return super.handleAuthRequest(con, meta, more, method, payload);
    }
  };
}
