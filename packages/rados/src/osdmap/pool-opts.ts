import { compareText } from '@cephts/encoding';
import type { Decoder, Encoder } from '@cephts/encoding';

/** Options that a pool may have and mostly does not, by their number on the wire. @see pool_opts_t in src/osd/osd_types.h (16.2.15) */
const NAMES = [
  'scrub_min_interval',
  'scrub_max_interval',
  'deep_scrub_interval',
  'recovery_priority',
  'recovery_op_priority',
  'scrub_priority',
  'compression_mode',
  'compression_algorithm',
  'compression_required_ratio',
  'compression_max_blob_size',
  'compression_min_blob_size',
  'csum_type',
  'csum_max_block',
  'csum_min_block',
  'fingerprint_algorithm',
  'pg_num_min',
  'target_size_bytes',
  'target_size_ratio',
  'pg_autoscale_bias',
  'read_lease_interval',
  'dedup_tier',
  'dedup_chunk_algorithm',
  'dedup_cdc_chunk_size',
  'pg_num_max',
];

const KIND = { str: 0, int: 1, double: 2 } as const;

export interface PoolOpt {
  kind: number;
  value: string | number;
}

export class PoolOpts {
  /** By number. */
  readonly values: Map<number, PoolOpt> = new Map();
  #version = 2;

  encode(e: Encoder): void {
    const mark = e.start(this.#version, 1);
    e.u32(this.values.size);
    for (const [key, { kind, value }] of [...this.values].sort(([a], [b]) => a - b)) {
      e.s32(key).s32(kind);
      if (kind === KIND.str) e.string(String(value));
      else if (kind === KIND.double) e.f64(Number(value));
      else if (this.#version >= 2) e.s64(Number(value));
      else e.s32(Number(value));
    }
    e.finish(mark);
  }

  static decode(d: Decoder): PoolOpts {
    return d.struct(
      2,
      (d, version) => {
        const opts = new PoolOpts();
        opts.#version = Math.min(version, 2);
        for (let left = d.count(8); left > 0; left--) {
          const key = d.s32();
          const kind = d.s32();
          let value: string | number;
          if (kind === KIND.str) value = d.string();
          else if (kind === KIND.int) value = version >= 2 ? d.s64() : d.s32();
          else if (kind === KIND.double) value = d.f64();
          else throw d.error(`pool option ${key} of kind ${kind}`);
          opts.values.set(key, { kind, value });
        }
        return opts;
      },
      'pool_opts_t',
    );
  }

  /** By name, in the order of names, as Ceph prints them. */
  toJSON(): Record<string, string | number> {
    return Object.fromEntries(
      [...this.values]
        .map(([key, { value }]): [string, string | number] => [NAMES[key] ?? `opt_${key}`, value])
        .sort(([a], [b]) => compareText(a, b)),
    );
  }
}
