/** The journal contradicts itself, or what is stored: the rank can't be started from it. */
export class ReplayError extends Error {
  override name = 'ReplayError';
}
