import { connect } from 'node:net';
import { CephError, ERRNO } from '@cephts/common';

/**
 * Sends a command to an admin socket.
 *
 * @throws CephError `ERR_CEPH_ADMIN_SOCKET` when nobody listens or the answer is cut off, `ERR_CEPH_COMMAND` when the daemon refuses
 */
export function askAdminSocket(path: string, prefix: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (code: string, message: string, errno: number): void => reject(new CephError(code, message, { errno }));
    const parts: Uint8Array[] = [];
    const socket = connect(path, () => socket.write(`${JSON.stringify({ prefix, format: 'json' })}\0`));
    socket.on('data', (bytes: Uint8Array) => parts.push(bytes));
    socket.on('error', (error) => fail('ERR_CEPH_ADMIN_SOCKET', `cannot ask ${path}: ${error.message}`, ERRNO.ENOTCONN));
    socket.on('end', () => {
      socket.end();
      const all = Buffer.concat(parts);
      const text = all.subarray(4).toString();
      if (all.length < 4 || all.readUInt32BE(0) !== all.length - 4)
        fail('ERR_CEPH_ADMIN_SOCKET', `the answer of ${path} to '${prefix}' was cut off`, ERRNO.EIO);
      else if (text.startsWith('ERROR: '))
        fail('ERR_CEPH_COMMAND', `${prefix}: ${text.trim().replaceAll('\n', ' ')}`, ERRNO.EINVAL);
      else resolve(text);
    });
  });
}
