import { Decoder } from '@cephts/encoding';
import { ECommitted } from './events/e-committed.js';
import { EExport } from './events/e-export.js';
import { EFragment } from './events/e-fragment.js';
import { EImportFinish } from './events/e-import-finish.js';
import { EImportStart } from './events/e-import-start.js';
import { ENoOp } from './events/e-no-op.js';
import { EOpen } from './events/e-open.js';
import { EPeerUpdate } from './events/e-peer-update.js';
import { EPurged } from './events/e-purged.js';
import { EResetJournal } from './events/e-reset-journal.js';
import { ESession } from './events/e-session.js';
import { ESessions } from './events/e-sessions.js';
import { ESubtreeMap } from './events/e-subtree-map.js';
import { ETableClient } from './events/e-table-client.js';
import { ETableServer } from './events/e-table-server.js';
import { EUpdate } from './events/e-update.js';
import * as ev from './log-event.js';
import type { LogEvent } from './log-event.js';

const DECODERS: ReadonlyMap<number, (d: Decoder) => LogEvent> = new Map<number, (d: Decoder) => LogEvent>([
  [ev.EVENT_SUBTREEMAP, ESubtreeMap.decode],
  [
    ev.EVENT_SUBTREEMAP_TEST,
    (d) => {
      const event = ESubtreeMap.decode(d);
      event.type = ev.EVENT_SUBTREEMAP_TEST;
      return event;
    },
  ],
  [ev.EVENT_EXPORT, EExport.decode],
  [ev.EVENT_IMPORTSTART, EImportStart.decode],
  [ev.EVENT_IMPORTFINISH, EImportFinish.decode],
  [ev.EVENT_FRAGMENT, EFragment.decode],
  [ev.EVENT_RESETJOURNAL, EResetJournal.decode],
  [ev.EVENT_SESSION, ESession.decode],
  [ev.EVENT_SESSIONS, ESessions.decode],
  [ev.EVENT_UPDATE, EUpdate.decode],
  [ev.EVENT_PEERUPDATE, EPeerUpdate.decode],
  [ev.EVENT_OPEN, EOpen.decode],
  [ev.EVENT_COMMITTED, ECommitted.decode],
  [ev.EVENT_PURGED, EPurged.decode],
  [ev.EVENT_TABLECLIENT, ETableClient.decode],
  [ev.EVENT_TABLESERVER, ETableServer.decode],
  [ev.EVENT_NOOP, ENoOp.decode],
]);

/**
 * The event of a journal entry: its type, then itself.
 *
 * @throws DecodeError where the bytes make no event, or one of a type nobody knows
 * @see LogEvent::decode_event in src/mds/LogEvent.cc (16.2.15)
 */
export function decodeEvent(entry: Uint8Array): LogEvent {
  const d = new Decoder(entry, 'LogEvent');
  const type = d.u32();
  if (type !== ev.EVENT_NEW_ENCODING) return decodeType(d, type);
  const event = d.struct(1, (inner) => decodeType(inner, inner.u32()));
  d.expectEnd();
  return event;
}

function decodeType(d: Decoder, type: number): LogEvent {
  const decode = DECODERS.get(type);
  if (!decode) throw d.error(`unknown event type ${type}`);
  const event = decode(d);
  d.expectEnd();
  return event;
}
