import { AbortHub } from '@cephts/common';

/** Who listens to the callers' signals: once a signal, however many calls it may give up, so that Node warns of none too many. */
export const signals: AbortHub = new AbortHub();
