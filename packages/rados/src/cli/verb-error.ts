/** A failure that is told in the words of `rados`. */
export class VerbError extends Error {}
