export { DecodeError } from './decode-error.js';
export { Decoder } from './decoder.js';
export type { DecodeFrame } from './decoder.js';
export { Encoder } from './encoder.js';
export type { EncodeMark } from './encoder.js';
export { decodeText, encodeText } from './text.js';
