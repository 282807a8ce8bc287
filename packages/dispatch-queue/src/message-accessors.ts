import type { Clock } from '@cephts/common';
import type { MessageAccessors } from './dispatch-handler.js';
import { PRIORITY } from './priorities.js';

/** The properties a message may have. */
interface MessageFields {
  priority?: number;
  cost?: number;
  recvStamp?: number;
  dispatchThrottleSize?: number;
}

/** The accessors given, and for the rest ones that read properties. */
export function messageAccessors<M>(given: MessageAccessors<M> | undefined, clock: Clock): Required<MessageAccessors<M>> {
  const fields = (message: M): MessageFields | undefined => message as MessageFields | undefined;
  return {
    priority: (message) => fields(message)?.priority ?? PRIORITY.DEFAULT,
    cost: (message) => fields(message)?.cost ?? 0,
    recvStamp: (message) => fields(message)?.recvStamp ?? clock.monotonicNow(),
    takeThrottleSize(message) {
      const size = fields(message)?.dispatchThrottleSize ?? 0;
      if (size > 0) (message as MessageFields).dispatchThrottleSize = 0;
      return size;
    },
    stampLocal(message, now) {
      if (fields(message)?.recvStamp !== undefined) (message as MessageFields).recvStamp = now;
    },
    ...given,
  };
}
