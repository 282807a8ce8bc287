/**
 * States of a lock, with Ceph's numbers: they travel to replicas.
 *
 * @see src/mds/locks.h (16.2.15)
 */
export const LOCK_UNDEF = 0;
export const LOCK_SYNC = 1;
export const LOCK_LOCK = 2;
export const LOCK_PREXLOCK = 3;
export const LOCK_XLOCK = 4;
export const LOCK_XLOCKDONE = 5;
export const LOCK_XLOCKSNAP = 6;
export const LOCK_LOCK_XLOCK = 7;
export const LOCK_SYNC_LOCK = 8;
export const LOCK_LOCK_SYNC = 9;
export const LOCK_EXCL = 10;
export const LOCK_EXCL_SYNC = 11;
export const LOCK_EXCL_LOCK = 12;
export const LOCK_SYNC_EXCL = 13;
export const LOCK_LOCK_EXCL = 14;
export const LOCK_REMOTEXLOCK = 15;
export const LOCK_MIX = 16;
export const LOCK_SYNC_MIX = 17;
export const LOCK_SYNC_MIX2 = 18;
export const LOCK_LOCK_MIX = 19;
export const LOCK_EXCL_MIX = 20;
export const LOCK_MIX_SYNC = 21;
export const LOCK_MIX_SYNC2 = 22;
export const LOCK_MIX_LOCK = 23;
export const LOCK_MIX_LOCK2 = 24;
export const LOCK_MIX_EXCL = 25;
export const LOCK_TSYN = 26;
export const LOCK_TSYN_LOCK = 27;
export const LOCK_TSYN_MIX = 28;
export const LOCK_LOCK_TSYN = 29;
export const LOCK_MIX_TSYN = 30;
export const LOCK_PRE_SCAN = 31;
export const LOCK_SCAN = 32;
export const LOCK_SNAP_SYNC = 33;
export const LOCK_XSYN = 34;
export const LOCK_XSYN_EXCL = 35;
export const LOCK_EXCL_XSYN = 36;
export const LOCK_XSYN_SYNC = 37;
export const LOCK_XSYN_LOCK = 38;
export const LOCK_XSYN_MIX = 39;

const NAMES = [
  'undef',
  'sync',
  'lock',
  'prexlock',
  'xlock',
  'xlockdone',
  'xlocksnap',
  'lock->xlock',
  'sync->lock',
  'lock->sync',
  'excl',
  'excl->sync',
  'excl->lock',
  'sync->excl',
  'lock->excl',
  'remote_xlock',
  'mix',
  'sync->mix',
  'sync->mix(2)',
  'lock->mix',
  'excl->mix',
  'mix->sync',
  'mix->sync(2)',
  'mix->lock',
  'mix->lock(2)',
  'mix->excl',
  'tsyn',
  'tsyn->lock',
  'tsyn->mix',
  'lock->tsyn',
  'mix->tsyn',
  '*->scan',
  'scan',
  'snap->sync',
  'xsyn',
  'xsyn->excl',
  'excl->xsyn',
  'xsyn->sync',
  'xsyn->lock',
  'xsyn->mix',
];

/** Ceph's print name of a state, as in `'excl->sync'`. */
export function lockStateName(state: number): string {
  return NAMES[state] ?? `state(${state})`;
}

/** Nobody. */
export const NONE = 0;
/** Anyone, on the authority or a replica. */
export const ANY = 1;
/** Anyone, on the authority only. */
export const AUTH = 2;
/** The client that holds (or took) the lock exclusively. */
export const XCL = 3;
/** A replica has to ask the authority for a change of state. */
export const REQ = 5;

/** What one state allows, and where it leads. */
export interface SmState {
  /** State that follows when nothing stands in the way any more; 0 for a stable state. */
  readonly next: number;
  /** Is the loner granted more than others? */
  readonly loner: boolean;
  /** State of a replica meanwhile. */
  readonly replicaState: number;
  readonly canRead: number;
  readonly canReadProjected: number;
  readonly canRdlock: number;
  readonly canWrlock: number;
  readonly canForceWrlock: number;
  readonly canLease: number;
  readonly canXlock: number;
  /** Generic caps (CEPH_CAP_G*) anyone may hold, and what loner, xlocker and a replica's clients may hold. */
  readonly caps: number;
  readonly lonerCaps: number;
  readonly xlockerCaps: number;
  readonly replicaCaps: number;
}

/** One kind of lock. */
export interface StateMachine {
  readonly name: string;
  readonly states: readonly (SmState | undefined)[];
  readonly allowedEverAuth: number;
  readonly allowedEverReplica: number;
  /** Caps that aren't given while a wrlock is held. */
  readonly careful: number;
  readonly canRemoteXlock: boolean;
}

// Generic cap bits by letter, in the order of the bits: CEPH_CAP_GSHARED, GEXCL, GCACHE, GRD, GWR, GBUFFER, GWREXTEND, GLAZYIO.
const CAP_LETTERS = 'sxcrwbal';
const WHO: Readonly<Record<string, number>> = { '.': NONE, n: ANY, A: AUTH, X: XCL, Q: REQ };

function capBits(letters: string): number {
  let bits = 0;
  for (const letter of letters) bits |= 1 << CAP_LETTERS.indexOf(letter);
  return bits;
}

type Row = readonly [state: number, next: number, replicaState: number, who: string, caps?: string, loner?: boolean];

/**
 * Rows are `[state, next, replica's state, who, caps, loner]`. `who` has a letter each for read, read projected, rdlock, wrlock, forced
 * wrlock, lease, xlock: `n` anyone, `A` on the authority, `X` the exclusive client, `Q` after asking the authority. `caps` are what
 * anyone, the loner, the xlocker and a replica's clients may hold, with `/` between.
 */
function machine(
  name: string,
  rows: readonly Row[],
  rest: { auth: string; replica: string; careful: string; remoteXlock?: boolean },
): StateMachine {
  const states: (SmState | undefined)[] = new Array<SmState | undefined>(NAMES.length).fill(undefined);
  for (const [state, next, replicaState, who, caps = '', loner = false] of rows) {
    const may = (column: number): number => WHO[who.charAt(column)] ?? NONE;
    const parts = caps.split('/');
    states[state] = {
      next,
      loner,
      replicaState,
      canRead: may(0),
      canReadProjected: may(1),
      canRdlock: may(2),
      canWrlock: may(3),
      canForceWrlock: may(4),
      canLease: may(5),
      canXlock: may(6),
      caps: capBits(parts[0] ?? ''),
      lonerCaps: capBits(parts[1] ?? ''),
      xlockerCaps: capBits(parts[2] ?? ''),
      replicaCaps: capBits(parts[3] ?? ''),
    };
  }
  return {
    name,
    states,
    allowedEverAuth: capBits(rest.auth),
    allowedEverReplica: capBits(rest.replica),
    careful: capBits(rest.careful),
    canRemoteXlock: rest.remoteXlock ?? false,
  };
}

/**
 * Dentry, authlock, linklock, xattrlock, snaplock, flocklock, policylock.
 * @see src/mds/locks.c (16.2.15)
 */
export const SM_SIMPLELOCK: StateMachine = machine(
  'simplelock',
  [
    [LOCK_SYNC, 0, LOCK_SYNC, 'n.n..n.', 's///s'],
    [LOCK_LOCK_SYNC, LOCK_SYNC, LOCK_LOCK, 'AXX..X.'],
    [LOCK_EXCL_SYNC, LOCK_SYNC, LOCK_LOCK, '....X..', '/s', true],
    [LOCK_SNAP_SYNC, LOCK_SYNC, LOCK_LOCK, '....A..'],
    [LOCK_LOCK, 0, LOCK_LOCK, 'A.Q....'],
    [LOCK_SYNC_LOCK, LOCK_LOCK, LOCK_LOCK, 'n......'],
    [LOCK_EXCL_LOCK, LOCK_LOCK, LOCK_LOCK, '....X..'],
    [LOCK_PREXLOCK, LOCK_LOCK, LOCK_LOCK, '.X....n'],
    [LOCK_XLOCK, LOCK_SYNC, LOCK_LOCK, '.X.....'],
    [LOCK_XLOCKDONE, LOCK_SYNC, LOCK_LOCK, 'XXX..X.', '//s'],
    [LOCK_LOCK_XLOCK, LOCK_PREXLOCK, LOCK_LOCK, '.X....X'],
    [LOCK_EXCL, 0, LOCK_LOCK, '..QX...', '/xs', true],
    [LOCK_SYNC_EXCL, LOCK_EXCL, LOCK_LOCK, 'n......', '/s', true],
    [LOCK_LOCK_EXCL, LOCK_EXCL, LOCK_LOCK, 'A......', 's'],
    [LOCK_REMOTEXLOCK, LOCK_LOCK, LOCK_LOCK, '.......'],
  ],
  { auth: 'sx', replica: 's', careful: 'sx', remoteXlock: true },
);

/** dirfragtreelock, nestlock. */
export const SM_SCATTERLOCK: StateMachine = machine(
  'scatterlock',
  [
    [LOCK_SYNC, 0, LOCK_SYNC, 'n.n..n.', 's///s'],
    [LOCK_LOCK_SYNC, LOCK_SYNC, LOCK_LOCK, 'A......'],
    [LOCK_MIX_SYNC, LOCK_SYNC, LOCK_LOCK, '.......'],
    [LOCK_SNAP_SYNC, LOCK_SYNC, LOCK_LOCK, '....A..'],
    [LOCK_LOCK, 0, LOCK_LOCK, 'A.QA..n'],
    [LOCK_SYNC_LOCK, LOCK_LOCK, LOCK_LOCK, 'n......'],
    [LOCK_MIX_LOCK, LOCK_LOCK, LOCK_MIX, '.......'],
    [LOCK_MIX_LOCK2, LOCK_LOCK, LOCK_LOCK, '.......'],
    [LOCK_TSYN_LOCK, LOCK_LOCK, LOCK_LOCK, 'A......'],
    [LOCK_TSYN, 0, LOCK_LOCK, 'A.A....'],
    [LOCK_LOCK_TSYN, LOCK_TSYN, LOCK_LOCK, '.......'],
    [LOCK_MIX_TSYN, LOCK_TSYN, LOCK_LOCK, '.......'],
    [LOCK_MIX, 0, LOCK_MIX, '..Qn...'],
    [LOCK_TSYN_MIX, LOCK_MIX, LOCK_LOCK, '.......'],
    [LOCK_SYNC_MIX, LOCK_MIX, LOCK_SYNC_MIX2, 'n......'],
    [LOCK_SYNC_MIX2, LOCK_MIX, 0, '.......'],
  ],
  { auth: 'sx', replica: 's', careful: 'sx' },
);

/** filelock. */
export const SM_FILELOCK: StateMachine = machine(
  'filelock',
  [
    [LOCK_SYNC, 0, LOCK_SYNC, 'n.n..n.', 'scrl///scr'],
    [LOCK_LOCK_SYNC, LOCK_SYNC, LOCK_LOCK, 'A......', 'c'],
    [LOCK_EXCL_SYNC, LOCK_SYNC, LOCK_LOCK, '....X..', '/scr', true],
    [LOCK_MIX_SYNC, LOCK_SYNC, LOCK_MIX_SYNC2, '.......', 'rl///r'],
    [LOCK_MIX_SYNC2, LOCK_SYNC, 0, '.......', 'rl///r'],
    [LOCK_SNAP_SYNC, LOCK_SYNC, LOCK_LOCK, '....A..'],
    [LOCK_XSYN_SYNC, LOCK_SYNC, LOCK_LOCK, 'A.A....', '/c', true],
    [LOCK_LOCK, 0, LOCK_LOCK, 'A.QA...', 'cb'],
    [LOCK_SYNC_LOCK, LOCK_LOCK, LOCK_LOCK, 'n.Q....', 'c'],
    [LOCK_EXCL_LOCK, LOCK_LOCK, LOCK_LOCK, '....X..', 'cb'],
    [LOCK_MIX_LOCK, LOCK_LOCK, LOCK_MIX, '..Q....'],
    [LOCK_MIX_LOCK2, LOCK_LOCK, LOCK_LOCK, '..Q....'],
    [LOCK_XSYN_LOCK, LOCK_LOCK, LOCK_LOCK, 'A..X...', '/cb', true],
    [LOCK_PREXLOCK, LOCK_LOCK, LOCK_LOCK, '.X....n', 'cb'],
    [LOCK_XLOCK, LOCK_LOCK, LOCK_LOCK, '.X.....', 'cb'],
    [LOCK_XLOCKDONE, LOCK_LOCK, LOCK_LOCK, 'XXX..X.', 'cb//s'],
    [LOCK_XLOCKSNAP, LOCK_LOCK, LOCK_LOCK, '.X.....', 'c'],
    [LOCK_LOCK_XLOCK, LOCK_PREXLOCK, LOCK_LOCK, '.X....X', 'cb'],
    [LOCK_MIX, 0, LOCK_MIX, '..Qn...', 'rwl///r'],
    [LOCK_SYNC_MIX, LOCK_MIX, LOCK_SYNC_MIX2, 'n......', 'rl///r'],
    [LOCK_SYNC_MIX2, LOCK_MIX, 0, '.......', 'rl///r'],
    [LOCK_EXCL_MIX, LOCK_MIX, LOCK_LOCK, '...X...', '/rw', true],
    [LOCK_XSYN_MIX, LOCK_MIX, LOCK_LOCK, '...X...', '', true],
    [LOCK_EXCL, 0, LOCK_LOCK, '..XX...', '/sxcrwb', true],
    [LOCK_SYNC_EXCL, LOCK_EXCL, LOCK_LOCK, 'n......', '/scr', true],
    [LOCK_MIX_EXCL, LOCK_EXCL, LOCK_LOCK, '...X...', '/rw', true],
    [LOCK_LOCK_EXCL, LOCK_EXCL, LOCK_LOCK, 'A......', '/cb', true],
    [LOCK_XSYN_EXCL, LOCK_EXCL, LOCK_LOCK, 'A.X....', '/cb', true],
    [LOCK_XSYN, 0, LOCK_LOCK, 'AAAX...', '/cb', true],
    [LOCK_EXCL_XSYN, LOCK_XSYN, LOCK_LOCK, '..X....', '/cb'],
    [LOCK_PRE_SCAN, LOCK_SCAN, LOCK_LOCK, '.......'],
    [LOCK_SCAN, LOCK_LOCK, LOCK_LOCK, '.......'],
  ],
  { auth: 'sxcrwabl', replica: 'scrl', careful: 'sxcb' },
);

/** versionlock of an inode or a dentry: always in one state. */
export const SM_LOCALLOCK: StateMachine = machine('locallock', [[LOCK_LOCK, 0, LOCK_LOCK, 'n.n..nA']], {
  auth: '',
  replica: '',
  careful: '',
});
