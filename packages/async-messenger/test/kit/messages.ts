import type { Decoder, Encoder } from '@cephts/encoding';
import { Message, MessageRegistry } from '@cephts/async-messenger';

/** A message that carries a number and any bytes. */
export class MNote extends Message {
  static readonly TYPE: number = 9001;
  readonly type: number = 9001;
  readonly typeName: string = 'note';
  value = 0;
  payload: Uint8Array = new Uint8Array(0);

  static of(value: number, data?: Uint8Array): MNote {
    const m = new MNote();
    m.value = value;
    if (data) m.data = data;
    return m;
  }

  encodePayload(e: Encoder): void {
    e.u64(this.value).blob(this.payload);
  }

  decodePayload(d: Decoder): void {
    this.value = d.u64();
    this.payload = d.blob();
  }

  override print(): string {
    return `${this.typeName}(${this.value})`;
  }
}

/** Its answer. */
export class MReply extends MNote {
  static override readonly TYPE: number = 9002;
  override readonly type: number = 9002;
  override readonly typeName: string = 'reply';
}

export function noteRegistry(): MessageRegistry {
  return new MessageRegistry([MNote, MReply]);
}
