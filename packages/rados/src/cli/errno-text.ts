/** What strerror says, since Ceph's tools print it. */
const TEXTS: Readonly<Record<number, string>> = {
  1: 'Operation not permitted',
  2: 'No such file or directory',
  5: 'Input/output error',
  11: 'Resource temporarily unavailable',
  12: 'Cannot allocate memory',
  13: 'Permission denied',
  16: 'Device or resource busy',
  17: 'File exists',
  20: 'Not a directory',
  21: 'Is a directory',
  22: 'Invalid argument',
  27: 'File too large',
  28: 'No space left on device',
  30: 'Read-only file system',
  32: 'Broken pipe',
  34: 'Numerical result out of range',
  36: 'File name too long',
  61: 'No data available',
  75: 'Value too large for defined data type',
  85: 'Interrupted system call should be restarted',
  90: 'Message too long',
  95: 'Operation not supported',
  107: 'Transport endpoint is not connected',
  108: 'Cannot send after transport endpoint shutdown',
  110: 'Connection timed out',
  111: 'Connection refused',
  122: 'Disk quota exceeded',
  125: 'Operation canceled',
};

/** `(2) No such file or directory` for 2 or −2. */
export function errnoText(errno: number): string {
  const value = Math.abs(errno);
  return `(${value}) ${TEXTS[value] ?? `Unknown error ${value}`}`;
}
