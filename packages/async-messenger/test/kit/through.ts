import type { NetworkStack } from '@cephts/async-messenger';
import { EntityAddr } from '@cephts/encoding';

/** A stack whose connections go to a port of loopback, wherever they are meant to go. */
export function through(stack: NetworkStack, port: number): NetworkStack {
  const proxy = EntityAddr.of(EntityAddr.TYPE_MSGR2, '127.0.0.1', port);
  return {
    name: stack.name,
    connect: (_addr, owner) => stack.connect(proxy, owner),
    listen: (addr, accept) => stack.listen(addr, accept),
    retain: () => stack.retain(),
    release: () => stack.release(),
  };
}
