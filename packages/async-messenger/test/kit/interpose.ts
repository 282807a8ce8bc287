import type { SimulatedNetwork } from '@cephts/async-messenger';

type Pass = (chunk: Uint8Array) => Uint8Array;

/** What becomes of the bytes of one connection, from the connector's point of view; what is not named passes as it is. */
export interface Between {
  out?: Pass;
  in?: Pass;
}

interface Owner {
  onData(chunk: Uint8Array, length: number, borrowed: boolean): boolean;
}

/**
 * Stands between the connectors of a simulated network and their sockets, from now on: those there are break. Told of each connection, the
 * first one being 0.
 */
export function interpose(net: SimulatedNetwork, between: (connection: number) => Between): void {
  const connect = net.connect.bind(net);
  let connections = 0;
  net.connect = (ip, to) => {
    const socket = connect(ip, to);
    const { out = same, in: back = same } = between(connections++);
    return new Proxy(socket, {
      get(target, key) {
        if (key === 'write') return (pieces: Uint8Array[]) => target.write([out(new Uint8Array(Buffer.concat(pieces)))]);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
      set(target, key, value) {
        return Reflect.set(target, key, key === 'owner' ? reading(value as Owner, back) : value, target);
      },
    });
  };
  net.cutAll();
}

/** Changes the first piece only. */
export function first(change: Pass): Pass {
  let pass = change;
  return (chunk) => {
    const changed = pass(chunk);
    pass = same;
    return changed;
  };
}

const same: Pass = (chunk) => chunk;

/** The same owner, who is given what `pass` makes of the bytes. */
function reading(owner: Owner, pass: Pass): Owner {
  return new Proxy(owner, {
    get(target, key) {
      if (key !== 'onData') {
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return (chunk: Uint8Array) => {
        const bytes = pass(chunk);
        return target.onData(bytes, bytes.length, false);
      };
    },
  });
}
