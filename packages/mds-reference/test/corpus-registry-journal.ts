// Types of the object corpus that the journal and the tables write.
import { expect } from '@jest/globals';
import { ECommitted } from '../src/journal/events/e-committed.js';
import { EExport } from '../src/journal/events/e-export.js';
import { EFragment } from '../src/journal/events/e-fragment.js';
import { EImportFinish } from '../src/journal/events/e-import-finish.js';
import { EImportStart } from '../src/journal/events/e-import-start.js';
import { EMetaBlob } from '../src/journal/events/e-meta-blob.js';
import { EOpen } from '../src/journal/events/e-open.js';
import { EPeerUpdate } from '../src/journal/events/e-peer-update.js';
import { EResetJournal } from '../src/journal/events/e-reset-journal.js';
import { ESession } from '../src/journal/events/e-session.js';
import { ESessions } from '../src/journal/events/e-sessions.js';
import { ESubtreeMap } from '../src/journal/events/e-subtree-map.js';
import { ETableClient } from '../src/journal/events/e-table-client.js';
import { ETableServer } from '../src/journal/events/e-table-server.js';
import { EUpdate } from '../src/journal/events/e-update.js';
import { PurgeItem } from '../src/purge/purge-item.js';
import { SnapState } from '../src/tables/snap-state.js';
import { IntervalSet } from '@cephts/encoding';
import { DirLump } from '../src/journal/events/dir-lump.js';
import { FullBit, NullBit, RemoteBit } from '../src/journal/events/meta-bits.js';
import { LinkRollback, RenameRollback, RenameRollbackDrec, RmdirRollback } from '../src/journal/events/rollbacks.js';
import { JournalHeader } from '../src/journal/journal-header.js';
import { JournalPointer } from '../src/journal/journal-pointer.js';
import type { CorpusCodec } from './corpus-registry.js';
import { codec, codecOf } from './corpus-registry.js';

export const journalCodecs: ReadonlyMap<string, CorpusCodec> = new Map<string, CorpusCodec>([
  ['ECommitted', codecOf(ECommitted)],
  ['EExport', codecOf(EExport)],
  ['EFragment', codecOf(EFragment)],
  ['EImportFinish', codecOf(EImportFinish)],
  ['EImportStart', codecOf(EImportStart)],
  ['EMetaBlob', codecOf(EMetaBlob)],
  // decoded down to the dentries, which are otherwise left as bytes until asked for
  [
    'EMetaBlob::dirlump',
    codec(
      (d) => {
        const lump = DirLump.decode(d);
        expect(lump.full.length + lump.remote.length + lump.nulls.length).toBeGreaterThanOrEqual(0);
        return lump;
      },
      (lump, e) => {
        lump.encode(e);
      },
    ),
  ],
  ['EMetaBlob::fullbit', codecOf(FullBit)],
  ['EMetaBlob::nullbit', codecOf(NullBit)],
  ['EMetaBlob::remotebit', codecOf(RemoteBit)],
  ['EOpen', codecOf(EOpen)],
  ['EPeerUpdate', codecOf(EPeerUpdate)],
  ['EResetJournal', codecOf(EResetJournal)],
  ['ESession', codecOf(ESession)],
  ['ESessions', codecOf(ESessions)],
  ['ESubtreeMap', codecOf(ESubtreeMap)],
  ['ETableClient', codecOf(ETableClient)],
  ['ETableServer', codecOf(ETableServer)],
  ['EUpdate', codecOf(EUpdate)],
  [
    'InoTable',
    codec(
      (d) => d.struct(2, (inner) => IntervalSet.decode(inner)),
      (free, e) => e.struct(2, 2, (inner) => free.encode(inner)),
    ),
  ],
  ['JournalPointer', codecOf(JournalPointer)],
  ['Journaler::Header', codecOf(JournalHeader)],
  ['PurgeItem', codecOf(PurgeItem)],
  ['SnapServer', codecOf(SnapState)],
  ['link_rollback', codecOf(LinkRollback)],
  ['rename_rollback', codecOf(RenameRollback)],
  ['rename_rollback::drec', codecOf(RenameRollbackDrec)],
  ['rmdir_rollback', codecOf(RmdirRollback)],
]);
