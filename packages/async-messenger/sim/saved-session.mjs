// What of a session outlives its process, where that keeps it.

/** Its numbers, cookies and messages, of which the first `requeued` were sent. The session is empty then. */
export function save(session) {
  session.requeueSent();
  const { requeued } = session.out;
  const { clientCookie, serverCookie, peerGlobalSeq, connectSeq, outSeq, inSeq, messageSeq, ackLeft } = session;
  const messages = [];
  for (let m = session.out.shift(); m; m = session.out.shift()) messages.push(m);
  return {
    numbers: { clientCookie, serverCookie, peerGlobalSeq, connectSeq, inSeq, messageSeq, ackLeft },
    outSeq,
    messages,
    requeued,
  };
}

/** Another session becomes what was saved. */
export function restore(session, { numbers, outSeq, messages, requeued }) {
  Object.assign(session, numbers);
  for (const m of messages.slice(0, requeued)) session.sent.push(m);
  for (const m of messages.slice(requeued)) session.out.push(m);
  session.outSeq = outSeq + requeued;
  session.requeueSent();
}
