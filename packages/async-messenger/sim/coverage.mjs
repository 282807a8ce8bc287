// What a run must reach, each by what the messenger's own log says of it.

/** Name of what is reached, and how its log line begins (or, after `*`, what it has in it). */
const MARKS = [
  ['a socket faults, a session that loses nothing comes back', 'initiating reconnect'],
  ['back-off', 'waiting '],
  ['standby, nothing to send', 'with nothing to send, going to standby'],
  ['standby, as a server', 'server, going to standby'],
  ['closed in the half accept state', 'with nothing to send and in the half accept state'],
  ['a lossy connection ends', 'on lossy channel, failing'],
  ['refused', 'connection refused'],
  ['no progress in a handshake', 'fault: no progress'],
  ['idle', 'fault: idle for more'],
  ['RECONNECT_OK', 'reconnect accepted'],
  ['RETRY asked for', '*ask client to retry\n'],
  ['RETRY', 'received session retry connect_seq'],
  ['RETRY_GLOBAL asked for', '*ask client to retry global'],
  ['RETRY_GLOBAL', 'received session retry global'],
  ['RESET full, no such connection', 'no existing connection exists'],
  ['RESET, another cookie', 'client cookie mismatch'],
  ['RESET not full, no SERVER_IDENT came', "I was a client and didn't receive"],
  ['RESET full', 'received session reset full=1'],
  ['RESET not full', 'received session reset full=0'],
  ['a session is lost', 'reset_session'],
  ['WAIT, a connection race', 'connection race detected, this connection loses'],
  ['WAIT, a reconnect race', 'reconnect race detected'],
  ['WAIT', 'fault: received WAIT'],
  ['a connection race is won', 'connection race detected, replacing'],
  ['the previous session was reset by its peer', 'found previous session, peer must have reseted'],
  ['the previous session goes on', 'found previous session, continuing'],
  ['one that is ready or in standby is taken up', 'existing is READY/STANDBY'],
  ['a session is taken up again', 'reconnect to existing'],
  ['a stale connection', 'this is a stale connection'],
  ['a lossy connection gives way to another', 'existing is a lossy channel'],
  ['waits for the throttle of messages', 'THROTTLE_MESSAGE: wants'],
  ['waits for the throttle of bytes', 'THROTTLE_BYTES: wants'],
  ['waits for the throttle of the dispatch queue', 'THROTTLE_DISPATCH_QUEUE: wants'],
];

/** How often everything was reached. */
export class Coverage {
  #counts = MARKS.map(() => 0);

  note(text) {
    for (let i = 0; i < MARKS.length; i++) {
      const mark = MARKS[i][1];
      if (mark.startsWith('*') ? `${text}\n`.includes(mark.slice(1)) : text.startsWith(mark)) this.#counts[i]++;
    }
  }

  /** Pairs of name and count. */
  entries() {
    return MARKS.map(([name], i) => [name, this.#counts[i]]);
  }

  /** Names of what was never reached. */
  missing() {
    return this.entries().flatMap(([name, count]) => (count === 0 ? [name] : []));
  }
}
