import { Message } from '@cephts/async-messenger';
import type { Decoder, Encoder } from '@cephts/encoding';
import { MSG_MDS_TABLE_REQUEST } from './message-types.js';

export const TABLE_ANCHOR = 0;
export const TABLE_SNAP = 1;

/** What an MDSTableClient asks (above 0) and what the server answers (below 0). @see src/mds/mds_table_types.h (16.2.15) */
export const TABLESERVER_OP = {
  QUERY: 1,
  QUERY_REPLY: -2,
  PREPARE: 3,
  AGREE: -4,
  COMMIT: 5,
  ACK: -6,
  ROLLBACK: 7,
  SERVER_UPDATE: 8,
  SERVER_READY: -9,
  NOTIFY_ACK: 10,
  NOTIFY_PREP: -11,
} as const;

const opNames: ReadonlyMap<number, string> = new Map(Object.entries(TABLESERVER_OP).map(([name, op]) => [op, name.toLowerCase()]));

export function tableServerOpName(op: number): string {
  return opNames.get(op) ?? 'unknown';
}

/**
 * mds_table_request: between a table's clients and its server, which share a rank on a single-rank file system. The table's version is `tid`.
 * @see src/messages/MMDSTableRequest.h (16.2.15)
 */
export class MMDSTableRequest extends Message {
  static readonly TYPE = MSG_MDS_TABLE_REQUEST;
  readonly type = MSG_MDS_TABLE_REQUEST;
  readonly typeName = 'mds_table_request';

  table: number;
  op: number;
  reqid: number;
  bl: Uint8Array;

  constructor(table = 0, op = 0, reqid = 0, version = 0, bl: Uint8Array = new Uint8Array(0)) {
    super();
    this.table = table;
    this.op = op;
    this.reqid = reqid;
    this.tid = version;
    this.bl = bl;
  }

  encodePayload(e: Encoder): void {
    e.u16(this.table)
      .u16(this.op & 0xffff)
      .u64(this.reqid)
      .blob(this.bl);
  }

  decodePayload(d: Decoder): void {
    this.table = d.u16();
    this.op = (d.u16() << 16) >> 16;
    this.reqid = d.u64();
    this.bl = d.blob();
  }

  override print(): string {
    const table = this.table === TABLE_SNAP ? 'snaptable' : this.table === TABLE_ANCHOR ? 'anchortable' : 'unknown';
    const reqid = this.reqid !== 0 ? ` ${this.reqid}` : '';
    const tid = this.tid !== 0 ? ` tid ${this.tid}` : '';
    const length = this.bl.length > 0 ? ` ${this.bl.length} bytes` : '';
    return `mds_table_request(${table} ${tableServerOpName(this.op)}${reqid}${tid}${length})`;
  }
}
