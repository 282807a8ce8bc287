import { expect, it } from '@jest/globals';
import { CephContext } from '@cephts/common';
import { EntityAddrVec } from '@cephts/encoding';
import type { Message, Messenger } from '@cephts/async-messenger';
import { MdsRequest } from '../../src/client/mds-request.js';
import { MdsSession } from '../../src/client/mds-session.js';
import { MClientRequest, MClientSession } from '../../src/messages/index.js';
import { CEPH_SESSION_OPEN } from '../../src/types/op-names.js';

/** A session whose MDS says what the test has it say; what is sent to it, by name. */
function openSession(): { session: MdsSession; sent: string[]; open: () => void; request: () => void } {
  const sent: string[] = [];
  const connectTo = (): unknown => ({ sendMessage: (m: Message) => sent.push(m.typeName), markDown: () => undefined });
  const session = new MdsSession(new CephContext(), { connectTo } as unknown as Messenger);
  void session.open(EntityAddrVec.EMPTY, new Map());
  const open = (): void => {
    const m = new MClientSession(CEPH_SESSION_OPEN);
    m.connection = session.connection as never;
    session.dispatch(m);
  };
  open();
  sent.length = 0;
  return { session, sent, open, request: () => session.submit(new MdsRequest(new MClientRequest(), [], () => undefined)) };
}

it('sends a request at once where the session is open', () => {
  const { sent, request } = openSession();
  request();
  expect(sent).toEqual(['client_request']);
});

it('keeps a request while the MDS restarts, until it is active', () => {
  const { session, sent, request } = openSession();
  session.disconnect();
  request();
  session.reconnect(EntityAddrVec.EMPTY);
  expect(sent).toEqual(['client_reconnect']);
  session.resend();
  expect(sent).toEqual(['client_reconnect', 'client_request']);
});

it('sends a request that comes when the MDS is active, though its word that the session is open is still on its way', () => {
  const { session, sent, open, request } = openSession();
  session.reconnect(EntityAddrVec.EMPTY);
  session.resend();
  request();
  open();
  expect(sent).toEqual(['client_reconnect', 'client_request']);
});
