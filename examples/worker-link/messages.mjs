// What the two ends say to each other. Numbers from 9000 on are free: none of Ceph's messages has them.
import { Message, MessageRegistry } from '@cephts/async-messenger';

/** A job for the worker. */
export class MJob extends Message {
  static TYPE = 9001;
  type = 9001;
  typeName = 'job';
  id = 0;
  text = '';
  encodePayload(e) {
    e.u64(this.id).string(this.text);
  }
  decodePayload(d) {
    this.id = d.u64();
    this.text = d.string();
  }
}

/** What came of a job. */
export class MResult extends Message {
  static TYPE = 9002;
  type = 9002;
  typeName = 'result';
  id = 0;
  text = '';
  encodePayload(e) {
    e.u64(this.id).string(this.text);
  }
  decodePayload(d) {
    this.id = d.u64();
    this.text = d.string();
  }
}

export const registry = () => new MessageRegistry([MJob, MResult]);
