/** What there is to know about one thread of the MDS. */
export interface ThreadGuideEntry {
  /** Name in the thread table; `N` stands for a number. */
  name: string;
  owner: string;
  kind: 'real' | 'cooperative';
  /** When it is there. */
  lives: string;
  text: string;
}

/** A question that the list of threads raises, and its answer. */
export interface ThreadQuestion {
  question: string;
  answer: string;
}

/** Every thread, in order of creation. */
export const THREAD_GUIDE: readonly ThreadGuideEntry[] = [
  {
    name: 'ceph-mds',
    owner: 'main',
    kind: 'real',
    lives: 'always',
    text: 'The main thread. In C++ it boots the daemon and then waits for the messenger to end. Here it is the isolate in which all cooperative threads take their turns: the isolate is mds_lock.',
  },
  {
    name: 'log',
    owner: 'Log',
    kind: 'real',
    lives: 'from globalInit on',
    text: 'Takes log lines from all threads and writes them to the file. Producers queue a line and go on; they wait only when more than log_max_new lines are unwritten.',
  },
  {
    name: 'service',
    owner: 'CephContextServiceThread',
    kind: 'real',
    lives: 'from commonInitFinish on',
    text: 'Looks every heartbeat_interval at the workers that promised to report, and twice a second at the main isolate, through shared memory: it can tell that everything else is stuck. Has the log reopened after SIGHUP.',
  },
  {
    name: 'admin_socket',
    owner: 'AdminSocket',
    kind: 'real',
    lives: 'from commonInitFinish on, with an admin socket',
    text: 'Owns the unix socket that `ceph --admin-daemon` talks to. thread ls, perf dump and what else shared memory can tell it answers itself, even while the main isolate is stuck; the rest it hands over in order.',
  },
  {
    name: 'dashboard',
    owner: 'Dashboard',
    kind: 'real',
    lives: 'with --dashboard',
    text: 'Serves the web page of the threads, and the metrics for Prometheus. Ceph has no such thread. It reads the numbers from shared memory, twice a second while somebody watches and not at all otherwise; sessions and operations it asks the main isolate for, and shows when that does not answer.',
  },
  {
    name: 'msgr-worker-N',
    owner: 'AsyncMessenger',
    kind: 'real',
    lives: 'from the first messenger on; ms_async_op_threads of them (3)',
    text: 'An event loop for sockets. Every connection is pinned to one worker, which reads, checks and writes its frames. With ms_async_op_threads = 0 the event loops run in the main isolate instead.',
  },
  {
    name: 'signal_handler',
    owner: 'SignalHandler',
    kind: 'cooperative',
    lives: 'from main on',
    text: 'Waits for signals. SIGTERM and SIGINT run the whole shutdown, once; SIGHUP reopens the log.',
  },
  {
    name: 'ms_dispatch',
    owner: 'DispatchQueue',
    kind: 'cooperative',
    lives: 'from the first dispatcher on',
    text: 'Takes messages from the dispatch queue, strictly by priority and round robin among connections, and hands each to the dispatchers in order. Almost all work of the MDS begins here.',
  },
  {
    name: 'ms_local',
    owner: 'DispatchQueue',
    kind: 'cooperative',
    lives: 'from the first dispatcher on',
    text: 'Delivers the messages a daemon sends to itself. The sender only puts them into a queue, so it never runs into its own dispatch code halfway through something. In an MDS these are snap table requests of rank 0, pings and metrics.',
  },
  {
    name: 'safe_timer',
    owner: 'MonClient::timer',
    kind: 'cooperative',
    lives: 'from MonClient.init on',
    text: 'Ticks of the monitor client: keepalives, looking for another monitor, sending the cluster log.',
  },
  {
    name: 'fn_anonymous',
    owner: 'MonClient::finisher',
    kind: 'cooperative',
    lives: 'from MonClient.init on',
    text: 'Runs callbacks of the monitor client: a subscription that was answered, a command that came back. Ceph 16 moved this work to io_context_pool; older ones had this finisher, and so have we.',
  },
  {
    name: 'safe_timer',
    owner: 'MDSDaemon::timer',
    kind: 'cooperative',
    lives: 'from MDSDaemon.init on',
    text: 'The tick of the MDS every mds_tick_interval (5 s), which flushes and trims the journal, and delayed work of its parts. Callbacks hold mds_lock.',
  },
  {
    name: 'safe_timer',
    owner: 'MgrClient::timer',
    kind: 'cooperative',
    lives: 'from the first map on that names the daemon',
    text: 'Reports counters to the manager, every 5 s or as it asks for, and tries to reach the next one when it is gone.',
  },
  {
    name: 'ceph-mds',
    owner: 'Beacon::sender',
    kind: 'cooperative',
    lives: 'from MDSDaemon.init on',
    text: 'Sends a beacon to the monitor every mds_beacon_interval (4 s). It has no name of its own in C++, so it is listed by that of its creator, the main thread.',
  },
  {
    name: 'ceph_timer',
    owner: 'Objecter::timer',
    kind: 'cooperative',
    lives: 'from the rank on',
    text: 'Looks every objecter_tick_interval (5 s) for object store operations that take too long.',
  },
  {
    name: 'OpHistorySvc',
    owner: 'OpHistoryServiceThread',
    kind: 'cooperative',
    lives: 'from the rank on',
    text: 'Moves finished operations into the history that dump_historic_ops shows, so that finishing one costs its thread nothing.',
  },
  {
    name: 'ms_dispatch',
    owner: 'MDCache::upkeeper',
    kind: 'cooperative',
    lives: 'from the rank on',
    text: 'Trims the cache every mds_cache_trim_interval (1 s) and asks clients for caps back. It, too, has its creator’s name: that is the second ms_dispatch in a thread list.',
  },
  {
    name: 'mds_rank_progr',
    owner: 'MDSRank::ProgressThread',
    kind: 'cooperative',
    lives: 'from the rank on',
    text: 'Completes contexts that were queued because what they waited for has come, and handles messages that were put off while the monitor did not answer.',
  },
  {
    name: 'PQ_Finisher',
    owner: 'PurgeQueue::finisher',
    kind: 'cooperative',
    lives: 'from the rank on',
    text: 'Completes I/O of the purge queue’s journal and purges files, under the purge queue’s own lock. The “pg_finisher” of older notes is this one.',
  },
  {
    name: 'safe_timer',
    owner: 'PurgeQueue::timer',
    kind: 'cooperative',
    lives: 'from the rank on',
    text: 'Delays one thing: the flush of a purge journal that cannot be consumed at once.',
  },
  {
    name: 'MR_Finisher',
    owner: 'MDSRank::finisher',
    kind: 'cooperative',
    lives: 'from the rank on',
    text: 'Completes object store and journal I/O under mds_lock: the second half of every request that changes something. Its old name is fn_anonymous.',
  },
  {
    name: 'md_recov_open',
    owner: 'MDLog::RecoveryThread',
    kind: 'cooperative',
    lives: 'while the journal is opened',
    text: 'Finds the journal: its pointer, its head, its true end. It waits for each read, so it must not sit on ms_dispatch. The notes call it recovery_thread.',
  },
  {
    name: 'md_log_replay',
    owner: 'MDLog::ReplayThread',
    kind: 'cooperative',
    lives: 'while the journal is replayed',
    text: 'Reads the journal’s events and replays each into the cache, under mds_lock.',
  },
  {
    name: 'md_submit',
    owner: 'MDLog::SubmitThread',
    kind: 'cooperative',
    lives: 'once the journal is open',
    text: 'Encodes journal events and appends them to the journal’s buffer, in order. It never completes anything: that is MR_Finisher’s part.',
  },
  {
    name: 'ms_dispatch',
    owner: 'MetricsHandler::updater',
    kind: 'cooperative',
    lives: 'while active',
    text: 'Sends clients’ metrics to rank 0 every mds_metrics_update_interval (2 s).',
  },
  {
    name: 'ms_dispatch',
    owner: 'MetricAggregator::pinger',
    kind: 'cooperative',
    lives: 'while active, on rank 0',
    text: 'Pings every active rank each mds_ping_interval (5 s); what they send back is their metrics.',
  },
];

/** What people ask when they first see the list. */
export const THREAD_QUESTIONS: readonly ThreadQuestion[] = [
  {
    question: 'What is ms_local for?',
    answer:
      'For messages to oneself. A connection to the daemon’s own address is the loopback connection; sending on it only queues, and ms_local delivers. The sender, often in the middle of something under mds_lock, never re-enters dispatch, and code that talks to “the rank that holds the table” need not care that it is itself.',
  },
  {
    question: 'Why were there two fn_anonymous?',
    answer:
      'A Finisher that is given no name calls its thread fn_anonymous. Older daemons had two such finishers with nothing in common: the one of MDSRank, which completes I/O (today MR_Finisher), and the one of MonClient, which runs the monitor client’s callbacks. Here the first is listed as MR_Finisher, as in Ceph 16, and only the second as fn_anonymous.',
  },
  {
    question: 'What are the msgr-workers?',
    answer:
      'The event loops of the network. There are ms_async_op_threads of them (3) in a process, shared by its messengers; a socket stays with one for life. They accept, read and write frames, check and encrypt. Messages that need no lock are handled right there (fast dispatch); all others go to ms_dispatch.',
  },
  {
    question: 'Is there an “ms_dispatch (beacon)”?',
    answer:
      'No. Beacons are sent by a thread of the Beacon that has no name of its own (it shows as ceph-mds), and their answers are fast dispatched. The further ms_dispatch rows of a thread list are threads without a name that ms_dispatch created: cache upkeep, metrics updater, pinger.',
  },
  {
    question: 'Where is the recovery thread?',
    answer: 'It is md_recov_open, and it is there only while a used journal is opened; md_log_replay follows it.',
  },
  {
    question: 'What does “cooperative” mean?',
    answer:
      'In C++ these threads take mds_lock for all they do, so only one works at a time. JavaScript’s isolate gives the same exclusion for nothing: a cooperative thread is a run loop with a name, a wake-up, a state and counters, and takes its turn in the isolate. A real thread is an operating system thread of its own.',
  },
];
