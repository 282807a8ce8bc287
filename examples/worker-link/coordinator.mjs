// The coordinator's end of the link: sends jobs and keeps a promise for each. Nothing here tries again: a lossless session does.
import { EventEmitter } from 'node:events';
import { Messenger, Policy } from '@cephts/async-messenger';
import { CephContext } from '@cephts/common';
import { CEPH_ENTITY_TYPE_OSD, EntityAddrVec, EntityName } from '@cephts/encoding';
import { MJob, MResult, registry } from './messages.mjs';

/** Emits `connect` whenever the link is made, or made anew. */
export class Coordinator extends EventEmitter {
  #messenger;
  #connection;
  #waiting = new Map();
  #lastId = 0;
  /** How often it was. */
  connects = 0;

  /** @param {string} addr where the worker is, or something in between */
  constructor(addr) {
    super();
    // one connection needs no threads of its own
    const cct = new CephContext({ conf: { ms_async_op_threads: 0 } });
    this.#messenger = new Messenger(cct, { name: EntityName.client(1), logicalName: 'coordinator', registry: registry() });
    this.#messenger.setDefaultPolicy(Policy.losslessClient());
    this.#messenger.start();
    this.#messenger.addDispatcherTail({
      msDispatch: (result) => {
        if (!(result instanceof MResult)) return false;
        this.#waiting.get(result.id)?.resolve(result.text);
        this.#waiting.delete(result.id);
        return true;
      },
      msHandleConnect: () => {
        this.connects++;
        this.emit('connect');
      },
      // the worker died and lost the session: what was sent to it may or may not have been done
      msHandleRemoteReset: () => this.#giveUp(new Error('the worker was restarted')),
    });
    this.#connection = this.#messenger.connectTo(CEPH_ENTITY_TYPE_OSD, EntityAddrVec.parse(addr));
  }

  /** @param {string} text @returns {Promise<string>} what came of it */
  run(text) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#connection.sendMessage(Object.assign(new MJob(), { id, text }));
    });
  }

  #giveUp(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async close() {
    await this.#messenger.shutdown();
    this.#giveUp(new Error('the link was closed'));
  }
}
