import { Decoder, EntityAddr, EntityName, UTime } from '@cephts/encoding';
import { HObject } from '../osdmap/hobject.js';

/** What one step of an operation gave; filled in before the operation completes. */
export interface OpResult<T> {
  /** 0 or above, or a negative errno. */
  r: number;
  /** Undefined where the step or the operation failed. */
  value: T | undefined;
}

/** What `stat` tells. */
export interface ObjectStat {
  /** In bytes. */
  size: number;
  /** Wall clock, ms since 1970. */
  mtime: number;
}

/** A part of the omap of an object. */
export interface OmapPage {
  /** In the order of the keys' bytes. */
  vals: Map<string, Uint8Array>;
  /** Do keys follow that did not fit? */
  more: boolean;
}

/** A part of the omap keys of an object. */
export interface OmapKeysPage {
  keys: string[];
  more: boolean;
}

/** Parts of an object that were ever written. */
export interface SparseRead {
  extents: { off: number; len: number }[];
  /** The extents' bytes, one after the other. */
  data: Uint8Array;
}

/** Somebody who watches an object. */
export interface Watcher {
  /** As in `client.4123`. */
  name: string;
  cookie: bigint;
  /** Seconds of silence after which it is dropped. */
  timeout: number;
  addr: string;
}

/** A state of an object that snapshots keep. */
export interface CloneInfo {
  /** CEPH_NOSNAP for the object itself. */
  cloneid: bigint;
  snaps: bigint[];
  /** What it shares with the next newer one, as offsets and lengths. */
  overlap: { off: number; len: number }[];
  size: number;
}

/** One object in a listing. */
export interface ListedObject {
  nspace: string;
  oid: string;
  /** What is hashed in place of the name; '' for the name. */
  locator: string;
}

/** A part of the objects of a pool. */
export interface ListPage {
  entries: ListedObject[];
  /** Where the next page begins. */
  next: HObject;
}

const bytesByName = (d: Decoder): Map<string, Uint8Array> =>
  d.map(
    (d) => d.string(),
    (d) => d.blob(),
    8,
  );

const pair = (d: Decoder): { off: number; len: number } => ({ off: d.u64(), len: d.u64() });

/** Readers of what steps answer. */
export const readers = {
  bytes: (out: Uint8Array): Uint8Array => out,

  stat(out: Uint8Array): ObjectStat {
    const d = new Decoder(out, 'stat');
    return { size: d.u64(), mtime: UTime.decode(d).toMillis() };
  },

  xattrs: (out: Uint8Array): Map<string, Uint8Array> => bytesByName(new Decoder(out, 'xattrs')),

  omapVals: (out: Uint8Array): Map<string, Uint8Array> => bytesByName(new Decoder(out, 'omap values')),

  omapPage(out: Uint8Array): OmapPage {
    const d = new Decoder(out, 'omap values');
    return { vals: bytesByName(d), more: d.remaining > 0 && d.bool() };
  },

  omapKeys(out: Uint8Array): OmapKeysPage {
    const d = new Decoder(out, 'omap keys');
    return { keys: d.list((d) => d.string(), 4), more: d.remaining > 0 && d.bool() };
  },

  sparse(out: Uint8Array): SparseRead {
    const d = new Decoder(out, 'sparse read');
    return { extents: d.list(pair, 16), data: d.blob() };
  },

  watchers(out: Uint8Array): Watcher[] {
    return new Decoder(out, 'obj_list_watch_response_t').struct(1, (d) =>
      d.list((d) =>
        d.struct(2, (d, version) => ({
          name: String(EntityName.decode(d)),
          cookie: d.u64big(),
          timeout: d.u32(),
          addr: version >= 2 ? String(EntityAddr.decode(d)) : '-',
        })),
      ),
    );
  },

  snaps(out: Uint8Array): { clones: CloneInfo[]; seq: number } {
    return new Decoder(out, 'obj_list_snap_response_t').struct(2, (d, version) => {
      const clones = d.list((d) =>
        d.struct(1, (d) => ({
          cloneid: d.u64big(),
          snaps: d.list((d) => d.u64big(), 8),
          overlap: d.list(pair, 16),
          size: d.u64(),
        })),
      );
      return { clones, seq: version >= 2 ? d.u64() : 0 };
    });
  },

  listPage(out: Uint8Array): ListPage {
    return new Decoder(out, 'pg_nls_response_t').struct(1, (d) => {
      const next = HObject.decode(d);
      return { next, entries: d.list((d) => ({ nspace: d.string(), oid: d.string(), locator: d.string() }), 12) };
    });
  },
};
