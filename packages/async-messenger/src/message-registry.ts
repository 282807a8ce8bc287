import { CephError } from '@cephts/common';
import type { Message, MessageClass } from './message.js';

/** The message classes a messenger understands, by type. */
export class MessageRegistry {
  readonly #classes = new Map<number, MessageClass>();

  constructor(classes: Iterable<MessageClass> = []) {
    this.register(...classes);
  }

  /** @throws CephError `ERR_CEPH_MESSAGE_TYPE` for a type that another class has */
  register(...classes: readonly MessageClass[]): void {
    for (const one of classes) {
      const known = this.#classes.get(one.TYPE);
      if (known && known !== one) {
        throw new CephError('ERR_CEPH_MESSAGE_TYPE', `message type ${one.TYPE} belongs to ${known.name}, not to ${one.name}`);
      }
      this.#classes.set(one.TYPE, one);
    }
  }

  /** A blank message of a type, or undefined for a type nobody registered. */
  create(type: number): Message | undefined {
    const known = this.#classes.get(type);
    return known && new known();
  }

  has(type: number): boolean {
    return this.#classes.has(type);
  }
}
