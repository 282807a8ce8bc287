import { describe, expect, it } from '@jest/globals';
import { CephContext, parseConfigValue } from '@cephts/common';
import { MDS_OPTIONS } from '../../src/daemon/options.js';

describe('options of the MDS', () => {
  it('have Ceph’s defaults', () => {
    const cct = new CephContext();
    cct.conf.define(MDS_OPTIONS);
    const { conf } = cct;
    expect(conf.number('mds_beacon_interval')).toBe(4);
    expect(conf.number('mds_beacon_grace')).toBe(15);
    expect(conf.number('mds_tick_interval')).toBe(5);
    expect(conf.number('mds_reconnect_timeout')).toBe(45);
    expect(conf.number('mds_cache_memory_limit')).toBe(4 * 2 ** 30);
    expect(conf.number('mds_client_prealloc_inos')).toBe(1000);
    expect(conf.number('mds_log_events_per_segment')).toBe(1024);
    expect(conf.number('mds_log_max_segments')).toBe(128);
    expect(conf.number('mds_max_caps_per_client')).toBe(1_048_576);
    expect(conf.number('ms_async_op_threads')).toBe(3);
    expect(conf.number('ms_dispatch_throttle_bytes')).toBe(100 * 2 ** 20);
    expect(conf.number('heartbeat_interval')).toBe(5);
    expect(conf.number('log_max_new')).toBe(1000);
  });

  it('have distinct names, and defaults that are values of their own types', () => {
    expect(new Set(MDS_OPTIONS.map(({ name }) => name)).size).toBe(MDS_OPTIONS.length);
    for (const option of MDS_OPTIONS) expect(parseConfigValue(option, option.default)).toBe(option.default);
  });

  it('say in words what they are', () => {
    for (const { name, desc } of MDS_OPTIONS) expect(`${name}: ${desc}`).toMatch(/: \S+/);
  });
});
