import { CephError } from '@cephts/common';

/** Bytes on the wire that are no frame, or not the one they claim to be: `ERR_CEPH_FRAME`. The connection that sent them faults. */
export class FrameError extends CephError {
  override name = 'FrameError';

  constructor(message: string) {
    super('ERR_CEPH_FRAME', message, { errno: 5 });
  }
}
