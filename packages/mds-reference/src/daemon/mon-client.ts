import type { Message } from '@cephts/async-messenger';

/** What the rest of the MDS uses of the monitor client. */
export interface MonClient {
  readonly globalId: number;
  readonly fsid: Uint8Array;
  sendMonMessage(m: Message): void;
  clusterLog(level: string, text: string): void;
}
