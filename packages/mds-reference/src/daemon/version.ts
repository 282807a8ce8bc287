import type { VersionInfo } from '../services/process-view.js';

/** Version of this package. */
export const CEPHTS_VERSION = '0.1.0';

/** The release of Ceph whose formats and messages this daemon speaks. */
export const CEPH_VERSION: VersionInfo = { version: '16.2.15', release: 'pacific', releaseType: 'stable' };
