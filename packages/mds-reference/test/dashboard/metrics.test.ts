import { describe, expect, it } from '@jest/globals';
import { CephContext } from '@cephts/common';
import { metricName, MetricsText, renderMetrics } from '../../src/dashboard/metrics.js';

/** Lines of the text format by what comes before the value, after a check of its grammar. */
function parse(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.slice(0, -1).split('\n')) {
    const [, head, metric = '', rest] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (head === 'TYPE') {
      expect(types.has(metric)).toBe(false);
      types.set(metric, rest ?? '');
    }
    if (head) continue;
    const [, name = '', labels = '', value] =
      /^([a-zA-Z_:][\w:]*)\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (\S+)$/.exec(line) ?? [];
    expect([line, types.has(name.replace(/_(bucket|sum|count)$/, '')) || types.has(name)]).toEqual([line, true]);
    expect(values.has(`${name}{${labels}}`)).toBe(false);
    values.set(`${name}{${labels}}`, Number(value === '+Inf' ? Infinity : value));
  }
  return values;
}

describe('the metrics for Prometheus', () => {
  it.each([
    ['mds.inodes', 'ceph_mds_inodes'],
    ['mds_mem.ino+', 'ceph_mds_mem_ino_plus'],
    ['mds_mem.ino-', 'ceph_mds_mem_ino_minus'],
    ['AsyncMessenger::Worker.msgr_recv_bytes', 'ceph_AsyncMessenger_Worker_msgr_recv_bytes'],
    ['throttle-msgr_dispatch_throttler-mds.val', 'ceph_throttle_msgr_dispatch_throttler_mds_val'],
    ['a b/c.d', 'ceph_a_b_c_d'],
  ])('call %s %s, as the exporter of Ceph does', (path, name) => {
    expect(metricName(path)).toBe(name);
  });

  it('tell every kind of counter', () => {
    const cct = new CephContext({ name: 'mds.a' });
    const mds = cct.perf.create('mds', [
      { key: 'request', type: 'counter', description: 'Requests' },
      { key: 'inodes', type: 'gauge', description: 'Inodes' },
      { key: 'reply_latency', type: 'timeavg', description: 'Reply latency' },
      { key: 'wait', type: 'histogram', description: 'Wait', buckets: [1, 10] },
    ]);
    const worker = cct.perf.create('AsyncMessenger::Worker-3', [{ key: 'sent', type: 'counter', description: 'Sent' }]);
    mds.inc(0, 7);
    mds.set(1, 3);
    mds.tinc(2, 1500);
    for (const value of [0.5, 5, 50, 500]) mds.hinc(3, value);
    worker.inc(0, 2);
    const text = renderMetrics({
      name: 'mds.a',
      ceph: '16.2.15',
      host: 'h',
      perf: [mds, worker],
      threads: [],
      rss: 1024,
      cpu: 2.5,
      daemon: undefined,
    });
    const label = 'ceph_daemon="mds.a"';
    expect(text).toContain('# TYPE ceph_mds_request counter\n');
    expect(text).toContain('# TYPE ceph_mds_inodes gauge\n');
    expect(text).toContain('# TYPE ceph_mds_wait histogram\n');
    expect(Object.fromEntries(parse(text))).toEqual({
      [`ceph_mds_request{${label}}`]: 7,
      [`ceph_mds_inodes{${label}}`]: 3,
      [`ceph_mds_reply_latency_sum{${label}}`]: 1.5,
      [`ceph_mds_reply_latency_count{${label}}`]: 1,
      [`ceph_mds_wait_bucket{${label},le="1"}`]: 1,
      [`ceph_mds_wait_bucket{${label},le="10"}`]: 2,
      [`ceph_mds_wait_bucket{${label},le="+Inf"}`]: 4,
      [`ceph_mds_wait_sum{${label}}`]: 555.5,
      [`ceph_mds_wait_count{${label}}`]: 4,
      [`ceph_AsyncMessenger_Worker_sent{${label},id="3"}`]: 2,
      [`process_resident_memory_bytes{${label}}`]: 1024,
      [`process_cpu_seconds_total{${label}}`]: 2.5,
    });
  });

  it('keep what would break their lines', () => {
    const text = new MetricsText();
    text.add('a', 'gauge', 'one\ntwo \\', { label: 'say "hi"\n\\' }, NaN);
    expect(String(text)).toBe('# HELP a one\\ntwo \\\\\n# TYPE a gauge\na{label="say \\"hi\\"\\n\\\\"} NaN\n');
  });
});
