// The drawings of the guides. `node scripts/docs/make.mjs` writes them to docs/drawings/, plots to docs/figures/.
import { arrow, box, drawing, line, words } from './draw.mjs';

function threads() {
  const real = [
    box(20, 70, 270, 52, 'msgr-worker-0 … 2', { kind: 'accent', sub: 'sockets, frames, checksums, encryption' }),
    box(320, 70, 120, 52, 'service', { kind: 'accent', sub: 'watches' }),
    box(470, 70, 150, 52, 'admin_socket', { kind: 'accent', sub: 'answers commands' }),
    box(650, 70, 110, 52, 'log', { kind: 'accent', sub: 'writes lines' }),
  ];
  return drawing(
    800,
    560,
    'The threads of the MDS: real threads around the isolate that is mds_lock, and the cooperative threads in it',
    [
      words(20, 26, 'clients, monitors, other daemons', { anchor: 'start' }),
      words(545, 26, 'ceph daemon … on a unix socket'),
      arrow([
        [155, 32],
        [155, 70],
      ]),
      arrow([
        [545, 32],
        [545, 70],
      ]),
      words(20, 62, 'real threads', { anchor: 'start', bold: true }),
      real,
      box(10, 160, 780, 300, '', { kind: 'plain' }),
      words(178, 180, 'one isolate: this is mds_lock', { anchor: 'start', bold: true, color: 'var(--ink)' }),
      words(178, 196, 'cooperative threads, in turns of 5 ms; then I/O', { anchor: 'start' }),
      arrow(
        [
          [155, 122],
          [155, 220],
        ],
        'messages',
        { at: [186, 148] },
      ),
      box(60, 220, 190, 46, 'ms_dispatch', { kind: 'warm', sub: 'takes messages in order' }),
      box(300, 220, 130, 46, 'ms_local', { sub: 'to oneself' }),
      arrow([
        [300, 243],
        [250, 243],
      ]),
      box(480, 180, 140, 40, 'signal_handler'),
      box(640, 180, 140, 40, 'ceph-mds', { sub: 'Beacon::sender' }),
      box(480, 228, 140, 40, 'safe_timer × 3', { sub: 'ticks' }),
      box(640, 228, 140, 40, 'fn_anonymous', { sub: 'MonClient' }),
      box(60, 302, 370, 52, 'Server · MDCache · Locker · Migrator · MDBalancer', {
        kind: 'none',
        sub: 'the code that the threads run',
      }),
      arrow(
        [
          [155, 266],
          [155, 302],
        ],
        'requests',
        { at: [186, 289] },
      ),
      arrow(
        [
          [360, 302],
          [360, 266],
        ],
        'messages to oneself',
        { at: [368, 289], anchor: 'start' },
      ),
      box(60, 394, 150, 46, 'md_submit', { kind: 'warm', sub: 'encodes, appends' }),
      box(250, 394, 180, 46, 'MR_Finisher', { kind: 'warm', sub: 'completes I/O' }),
      arrow(
        [
          [135, 354],
          [135, 394],
        ],
        'journal events',
        { at: [143, 380], anchor: 'start' },
      ),
      arrow(
        [
          [340, 394],
          [340, 354],
        ],
        'completions',
        { at: [348, 380], anchor: 'start' },
      ),
      box(480, 300, 300, 46, 'mds_rank_progr', { sub: 'completes what has waited' }),
      arrow([
        [480, 323],
        [430, 323],
      ]),
      box(480, 358, 140, 40, 'PQ_Finisher', { sub: 'purges' }),
      box(640, 358, 140, 40, 'OpHistorySvc'),
      box(480, 408, 140, 40, 'ms_dispatch × 3', { sub: 'upkeep, metrics, ping' }),
      box(640, 408, 140, 40, 'ceph_timer', { sub: 'Objecter' }),
      arrow(
        [
          [705, 160],
          [705, 122],
        ],
        'lines',
        { at: [724, 145] },
      ),
      arrow(
        [
          [380, 160],
          [380, 122],
        ],
        'shared memory',
        { at: [388, 145], anchor: 'start', dashed: true },
      ),
      box(60, 496, 370, 46, 'object store: LMDB or RADOS', { kind: 'accent' }),
      arrow(
        [
          [135, 440],
          [135, 496],
        ],
        'write',
        { at: [160, 480] },
      ),
      arrow(
        [
          [340, 496],
          [340, 440],
        ],
        'it is on disk',
        { at: [348, 480], anchor: 'start' },
      ),
    ],
  );
}

function finisher() {
  const cell = (x, y, text, kind = 'plain') => box(x, y, 62, 32, text, { kind });
  const row = (x, y, texts, kind) => texts.map((text, i) => cell(x + 68 * i, y, text, text === 'NULL' ? 'none' : kind));
  return drawing(760, 330, 'A Finisher: completions are queued into two containers, taken out in order, and run on its thread', [
    words(20, 24, 'whoever has a result', { anchor: 'start', bold: true, color: 'var(--ink)' }),
    words(20, 44, 'queue(a) queue(b, -5) queue(c) queue(d, 7)', { anchor: 'start' }),
    arrow(
      [
        [130, 54],
        [130, 92],
      ],
      'returns at once',
      { at: [140, 78], anchor: 'start' },
    ),
    words(20, 86, 'finisherQueue', { anchor: 'start', bold: true }),
    row(20, 94, ['a', 'NULL', 'c', 'NULL'], 'warm'),
    words(20, 166, 'finisherQueueRval', { anchor: 'start', bold: true }),
    row(20, 174, ['b, -5', 'd, 7'], 'warm'),
    arrow(
      [
        [119, 126],
        [64, 174],
      ],
      '',
      { dashed: true },
    ),
    arrow(
      [
        [255, 126],
        [130, 174],
      ],
      '',
      { dashed: true },
    ),
    arrow(
      [
        [300, 140],
        [390, 140],
      ],
      'shifted\nin order',
      { at: [345, 118] },
    ),
    box(390, 84, 350, 132, '', { dashed: true }),
    words(402, 104, 'one drain, on the finisher’s thread', { anchor: 'start', bold: true, color: 'var(--ink)' }),
    row(402, 120, ['a 0', 'b -5', 'c 0', 'd 7'], 'accent'),
    arrow(
      [
        [402, 172],
        [680, 172],
      ],
      'complete(r), one after the other',
      { at: [540, 192] },
    ),
    arrow(
      [
        [565, 216],
        [565, 262],
        [160, 262],
        [160, 212],
      ],
      '',
      {},
    ),
    words(362, 254, 'what completions queue meanwhile simply follows', {}),
    words(20, 300, 'after 5 ms: the event loop has its turn', { anchor: 'start' }),
    words(740, 300, 'nothing left: waitForEmpty resolves, the thread sleeps', { anchor: 'end' }),
  ]);
}

function dispatchQueue() {
  const slot = (x, y, text, kind) => box(x, y, 44, 26, text, { kind });
  const level = (y, name, classes) => [
    words(210, y + 17, name, { anchor: 'start', bold: true, color: 'var(--ink)' }),
    classes.map(([who, items], i) => [
      words(352, y + 17 + 30 * i, who, { anchor: 'end' }),
      items.map((item, j) => slot(360 + 48 * j, y + 30 * i, item, 'warm')),
    ]),
  ];
  return drawing(
    820,
    400,
    'A DispatchQueue: priorities served strictly, turns among the connections of a priority, one delivery at a time',
    [
      box(20, 40, 130, 40, 'connection 1', { sub: 'msgr-worker-0' }),
      box(20, 100, 130, 40, 'connection 2', { sub: 'msgr-worker-1' }),
      box(20, 160, 130, 40, 'connection 3', { sub: 'msgr-worker-1' }),
      arrow([
        [150, 60],
        [196, 90],
      ]),
      arrow([
        [150, 120],
        [196, 120],
      ]),
      arrow([
        [150, 180],
        [196, 150],
      ]),
      words(150, 28, 'enqueue(m, priority, id)', {}),
      box(198, 44, 350, 250, '', { dashed: true }),
      words(210, 62, 'codes: connect, accept, reset', { anchor: 'start' }),
      level(72, 'HIGHEST 255', [['', ['!']]]),
      level(106, 'HIGH 196', [['2', ['2a']]]),
      level(142, 'DEFAULT 127', [
        ['1', ['1a', '1b', '1c']],
        ['2', ['2b']],
        ['3', ['3a', '3b']],
      ]),
      words(210, 250, 'below 64: a token bucket', { anchor: 'start' }),
      level(258, 'BULK 10', [['3', ['3c']]]),
      arrow([
        [548, 150],
        [600, 150],
      ]),
      box(600, 120, 190, 60, 'ms_dispatch', { kind: 'accent', sub: 'one at a time:\n!  2a  1a 2b 3a  1b 3b  1c  3c' }),
      arrow(
        [
          [695, 180],
          [695, 226],
        ],
        'deliver',
        { at: [703, 208], anchor: 'start' },
      ),
      box(600, 226, 190, 60, 'dispatchers, in order', { sub: 'Objecter, MonClient,\nBeacon, MDSDaemon …' }),
      box(20, 330, 130, 40, 'myself'),
      arrow(
        [
          [150, 350],
          [240, 350],
        ],
        'localDelivery',
        { at: [195, 342] },
      ),
      box(240, 330, 130, 40, 'ms_local', { kind: 'accent' }),
      arrow(
        [
          [370, 350],
          [420, 350],
          [420, 294],
        ],
        'class 0',
        { at: [412, 330], anchor: 'end' },
      ),
      arrow(
        [
          [85, 200],
          [85, 310],
          [560, 310],
          [560, 270],
          [600, 270],
        ],
        '',
        { dashed: true },
      ),
      words(482, 326, 'fast dispatch: on the spot, past the queue', { anchor: 'start' }),
      words(790, 382, 'bytes of the dispatch throttle are taken before a message is read and given back after its delivery', {
        anchor: 'end',
      }),
    ],
  );
}

function safeTimer() {
  return drawing(
    760,
    330,
    'A SafeTimer: events by time, a single timer of the platform for the earliest, callbacks in order; cancelled means never',
    [
      box(20, 40, 180, 52, 'addEventAfter(ms, fn)', { sub: 'addEventAt, addEventEvery' }),
      arrow([
        [200, 66],
        [260, 66],
      ]),
      box(260, 30, 260, 110, '', { dashed: true }),
      words(272, 50, 'pending, by time, then by insertion', { anchor: 'start', bold: true, color: 'var(--ink)' }),
      [0, 1, 2, 3].map((i) => box(272 + 60 * i, 62, 54, 30, ['3', '8', '8', '40'][i], { kind: 'warm' })),
      words(272, 114, 'equal times keep their order', { anchor: 'start' }),
      words(272, 130, 'adding and cancelling: constant cost', { anchor: 'start' }),
      arrow(
        [
          [299, 92],
          [299, 190],
        ],
        '',
        {},
      ),
      words(307, 176, 'the earliest only', { anchor: 'start' }),
      box(220, 190, 160, 44, 'one platform timer', { sub: 're-armed beyond 2³¹ ms' }),
      arrow(
        [
          [380, 212],
          [560, 212],
        ],
        'due: all that are',
        { at: [470, 204] },
      ),
      box(560, 180, 180, 64, 'safe_timer', { kind: 'accent', sub: 'fn(0), one at a time,\nwith the lock held' }),
      box(560, 40, 180, 52, 'cancelEvent(event)'),
      arrow(
        [
          [560, 66],
          [520, 66],
        ],
        '',
        {},
      ),
      words(650, 112, 'true: it was pending, and never runs', {}),
      words(650, 128, 'false: it has run, or was cancelled', {}),
      words(20, 290, 'shutdown: cancels all, runs nothing', { anchor: 'start' }),
      words(380, 290, 'close: lets the pending ones run at their time'),
      words(740, 290, 'destroy: tells them -ECANCELED', { anchor: 'end' }),
    ],
  );
}

function asyncMessenger() {
  const side = (x, who) => [
    box(x, 40, 300, 260, '', { dashed: true }),
    words(x + 12, 60, who, { anchor: 'start', bold: true, color: 'var(--ink)' }),
  ];
  return drawing(
    820,
    470,
    'Two messengers: a message goes through out queue, msgr-worker and socket to the other end’s dispatch, and is kept until it is acknowledged',
    [
      side(20, 'one process'),
      side(500, 'the other'),
      box(40, 76, 260, 40, 'con.sendMessage(m)', { sub: 'never waits' }),
      arrow([
        [170, 116],
        [170, 138],
      ]),
      box(40, 138, 260, 40, 'out queue', { kind: 'warm', sub: 'by priority, then in order' }),
      arrow(
        [
          [170, 178],
          [170, 200],
        ],
        'seq = ++outSeq',
        { at: [178, 194], anchor: 'start' },
      ),
      box(40, 200, 120, 40, 'sent', { kind: 'warm', sub: 'until acknowledged' }),
      box(170, 200, 130, 40, 'msgr-worker', { kind: 'accent', sub: 'frame, crc, AES' }),
      arrow(
        [
          [300, 220],
          [520, 220],
        ],
        'frames: message, seq, ack',
        { at: [410, 210] },
      ),
      arrow(
        [
          [520, 262],
          [300, 262],
        ],
        'ack: all up to seq',
        { at: [410, 252], dashed: true },
      ),
      arrow(
        [
          [300, 262],
          [100, 262],
          [100, 240],
        ],
        '',
        { dashed: true },
      ),
      words(410, 128, 'TCP, msgr2.1', { bold: true, color: 'var(--ink)' }),
      box(520, 200, 130, 74, 'msgr-worker', { kind: 'accent', sub: 'throttle, read,\ncheck, decode' }),
      arrow(
        [
          [650, 220],
          [668, 220],
          [668, 178],
        ],
        '',
        {},
      ),
      box(520, 138, 260, 40, 'DispatchQueue', { kind: 'warm', sub: 'unless it is a fast one' }),
      arrow([
        [650, 138],
        [650, 116],
      ]),
      box(520, 76, 260, 40, 'dispatcher.msDispatch(m)', { sub: 'ms_dispatch' }),
      words(20, 336, 'the session outlives its sockets', { anchor: 'start', bold: true, color: 'var(--ink)' }),
      box(20, 350, 130, 44, 'READY', { kind: 'accent' }),
      box(250, 350, 150, 44, 'fault', { sub: 'sent goes back in front' }),
      box(500, 350, 150, 44, 'reconnecting', { sub: '0.2 s … 15 s apart' }),
      arrow(
        [
          [150, 372],
          [250, 372],
        ],
        'socket breaks',
        { at: [200, 364] },
      ),
      arrow(
        [
          [400, 372],
          [500, 372],
        ],
        'the client side',
        { at: [450, 364] },
      ),
      arrow(
        [
          [575, 394],
          [575, 424],
          [85, 424],
          [85, 394],
        ],
        '',
        {},
      ),
      words(330, 416, 'RECONNECT_OK: what had arrived is dropped, the rest is sent again', { halo: true }),
      words(330, 446, 'SESSION_RESET: the peer has forgotten; msHandleRemoteReset says so'),
      box(690, 350, 110, 44, 'STANDBY', { sub: 'server side waits' }),
      arrow(
        [
          [325, 350],
          [325, 322],
          [745, 322],
          [745, 350],
        ],
        '',
        { dashed: true },
      ),
    ],
  );
}

function create() {
  const lanes = [
    ['client', 60],
    ['msgr-worker', 190],
    ['ms_dispatch', 330],
    ['md_submit', 470],
    ['object store', 600],
    ['MR_Finisher', 740],
  ];
  const x = Object.fromEntries(lanes);
  const step = (from, to, y, text, options = {}) =>
    arrow(
      [
        [x[from], y],
        [x[to], y],
      ],
      text,
      { at: [(x[from] + x[to]) / 2, y - 6], ...options },
    );
  const work = (who, y, h, text) => box(x[who] - 66, y, 132, h, '', { kind: 'warm', sub: text });
  return drawing(820, 610, 'A create in time: request, dispatch, early reply, journal, completion, safe reply', [
    lanes.map(([name, at]) => [
      words(at, 24, name, {
        bold: true,
        size: 13,
        color: name === 'client' || name === 'object store' ? 'var(--muted)' : 'var(--ink)',
      }),
      line(at, 34, at, 590, { dashed: true }),
    ]),
    step('client', 'msgr-worker', 60, 'create'),
    work('msgr-worker', 68, 36, 'frame, crc, decode'),
    step('msgr-worker', 'ms_dispatch', 120, 'enqueue'),
    work('ms_dispatch', 128, 66, 'handleClientRequest\nhandleClientOpenc\npath, locks'),
    words(404, 150, 'a lock has to be revoked:', { anchor: 'start', halo: true }),
    words(404, 166, 'the request is parked, and begun again later', { anchor: 'start', halo: true }),
    work('ms_dispatch', 206, 52, 'inode, caps, EUpdate:\nprojected'),
    step('ms_dispatch', 'client', 280, 'unsafe reply, with the capabilities', { kind: 'accent' }),
    step('ms_dispatch', 'md_submit', 300, 'submitEntry'),
    work('md_submit', 308, 36, 'encode, append'),
    step('md_submit', 'object store', 372, 'flush: many events'),
    words(614, 356, 'a request that waits, an fsync,', { anchor: 'start', halo: true }),
    words(614, 372, 'or the 5 s tick', { anchor: 'start', halo: true }),
    work('object store', 384, 36, 'on disk'),
    step('object store', 'MR_Finisher', 440, 'completion'),
    work('MR_Finisher', 448, 52, 'openc_finish: the\nprojection is the truth'),
    step('MR_Finisher', 'client', 524, 'safe reply', { kind: 'accent' }),
    words(740, 552, 'later: segment expires,', { halo: true }),
    words(740, 568, 'directories are written', { halo: true }),
  ]);
}

/** By file name. */
export const DRAWINGS = {
  'threads.svg': threads,
  'finisher.svg': finisher,
  'dispatch-queue.svg': dispatchQueue,
  'safe-timer.svg': safeTimer,
  'async-messenger.svg': asyncMessenger,
  'create.svg': create,
};
