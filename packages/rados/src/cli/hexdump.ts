/** Bytes as `hexdump -C` shows them, rows of zeros once. @see buffer::list::hexdump in src/common/buffer.cc (16.2.15) */
export function hexdump(bytes: Uint8Array): string {
  const ROW = 16;
  let text = '';
  let zeros = false;
  let star = false;
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = bytes.subarray(at, at + ROW);
    if (row.length === ROW && row.every((byte) => byte === 0)) {
      if (zeros) {
        if (!star) text += '*\n';
        star = true;
        continue;
      }
      zeros = true;
    } else zeros = star = false;
    let hex = '';
    for (let i = 0; i < ROW; i++) {
      if (i === 8) hex += ' ';
      hex += i < row.length ? ` ${(row[i] as number).toString(16).padStart(2, '0')}` : '   ';
    }
    const plain = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    text += `${offset(at)} ${hex}  |${plain}|\n`;
  }
  return bytes.length > 0 ? `${text}${offset(bytes.length)}\n` : text;
}

function offset(at: number): string {
  return at.toString(16).padStart(8, '0');
}
