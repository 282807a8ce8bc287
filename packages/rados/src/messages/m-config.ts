import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { decodeTextMap, encodeTextMap } from '@cephts/encoding';
import { MSG_CONFIG } from './message-types.js';

/** config: options that the monitors keep for this entity. @see src/messages/MConfig.h (16.2.15) */
export class MConfig extends Message {
  static readonly TYPE = MSG_CONFIG;
  readonly type = MSG_CONFIG;
  readonly typeName = 'config';

  config = new Map<string, string>();

  encodePayload(e: Encoder): void {
    encodeTextMap(e, this.config);
  }

  decodePayload(d: Decoder): void {
    this.config = decodeTextMap(d);
  }

  override print(): string {
    return `config(${this.config.size} keys)`;
  }
}
