import type { Cluster } from '../client/cluster.js';
import type { PoolStat } from '../osdmap/pool-stat.js';
import { byteText } from './byte-text.js';

const HEADS = [
  'POOL_NAME',
  'USED',
  'OBJECTS',
  'CLONES',
  'COPIES',
  'MISSING_ON_PRIMARY',
  'UNFOUND',
  'DEGRADED',
  'RD_OPS',
  'RD',
  'WR_OPS',
  'WR',
  'USED COMPR',
  'UNDER COMPR',
];

const usedBy = (stat: PoolStat, perPool: boolean): number =>
  perPool ? stat.allocated + stat.omapAllocated : stat.numBytes + stat.numOmapBytes;

/** `rados df`. @param pool only that one */
export async function radosDf(cluster: Cluster, pool: string | undefined, format: string): Promise<string> {
  const names = pool === undefined ? [...(await cluster.listPools()).values()] : [pool];
  const { stats, perPool } = await cluster.poolStats(names);
  const whole = await cluster.stat();
  const rows = [...stats].sort(([a], [b]) => (a < b ? -1 : 1));
  if (format !== 'plain') {
    const json = {
      pools: rows.map(([name, stat]) => jsonOf(name, cluster.osdmap.poolByName(name) ?? -1, stat, perPool)),
      total_objects: whole.numObjects,
      total_used: whole.kbUsed,
      total_avail: whole.kbAvail,
      total_space: whole.kb,
    };
    return JSON.stringify(json, undefined, format === 'json-pretty' ? 4 : undefined) + (format === 'json-pretty' ? '\n' : '');
  }
  const table = [HEADS, ...rows.map(([name, stat]) => rowOf(name, stat, perPool))];
  const widths = HEADS.map((_, column) => Math.max(...table.map((row) => (row[column] as string).length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number)))
      .join('  '),
  );
  const total = (name: string, value: string): string => `${name.padEnd(17)}${value}`;
  return [
    ...lines,
    '',
    total('total_objects', String(whole.numObjects)),
    total('total_used', byteText(whole.kbUsed * 1024)),
    total('total_avail', byteText(whole.kbAvail * 1024)),
    total('total_space', byteText(whole.kb * 1024)),
    '',
  ].join('\n');
}

function rowOf(name: string, stat: PoolStat, perPool: boolean): string[] {
  return [
    name,
    byteText(usedBy(stat, perPool)),
    String(stat.numObjects),
    String(stat.numObjectClones),
    String(stat.numObjectCopies),
    String(stat.numObjectsMissingOnPrimary),
    String(stat.numObjectsUnfound),
    String(stat.numObjectsDegraded),
    String(stat.numRd),
    byteText(stat.numRdKb * 1024),
    String(stat.numWr),
    byteText(stat.numWrKb * 1024),
    byteText(stat.dataCompressedAllocated),
    byteText(stat.dataCompressedOriginal),
  ];
}

function jsonOf(name: string, id: number, stat: PoolStat, perPool: boolean): Record<string, unknown> {
  const used = usedBy(stat, perPool);
  return {
    name,
    id,
    size_bytes: used,
    size_kb: Math.ceil(used / 1024),
    num_objects: stat.numObjects,
    num_object_clones: stat.numObjectClones,
    num_object_copies: stat.numObjectCopies,
    num_objects_missing_on_primary: stat.numObjectsMissingOnPrimary,
    num_objects_unfound: stat.numObjectsUnfound,
    num_objects_degraded: stat.numObjectsDegraded,
    read_ops: stat.numRd,
    read_bytes: stat.numRdKb * 1024,
    write_ops: stat.numWr,
    write_bytes: stat.numWrKb * 1024,
    compress_bytes_used: stat.dataCompressedAllocated,
    compress_under_bytes: stat.dataCompressedOriginal,
  };
}
