import { pointOf } from '../sample.js';
import type { Hello, Sample } from '../sample.js';
import { Charts } from './charts.js';
import { Detail } from './detail.js';
import { byId, setText } from './dom.js';
import { Feed } from './feed.js';
import { ms, seconds } from './format.js';
import { History } from './history.js';
import { Operations } from './ops.js';
import { Recent } from './recent.js';
import { Counters, Journal, Sessions, ThreadTable } from './tables.js';
import { setUpTheme } from './theme.js';
import { Tiles } from './tiles.js';
import { Topology } from './topology.js';

/** How long the main isolate may be silent before the page says so, in ms. */
const STUCK = 500;

setUpTheme();

const recent = new Recent();
const history = new History();
const detail = new Detail();
const tiles = new Tiles();
const topology = new Topology(detail, history);
const operations = new Operations(detail);
const charts = new Charts();
const journal = new Journal();
const sessions = new Sessions();
const threads = new ThreadTable();
const counters = new Counters();

function onHello(hello: Hello): void {
  document.title = `${hello.name} · cephts-mds`;
  setText(byId('name'), hello.name);
  byId('name').title = `cephts ${hello.version} of Ceph ${hello.ceph}, process ${hello.pid} on ${hello.host}`;
  topology.setGuide(hello.guide);
  history.points = hello.history;
}

function onSample(sample: Sample): void {
  const { daemon, blockedMs } = sample;
  recent.add(sample);
  history.add(pointOf(sample));
  const banner = byId('banner');
  banner.hidden = blockedMs < STUCK;
  if (blockedMs >= STUCK)
    setText(banner, `The main isolate has not answered for ${ms(blockedMs)}: whoever holds mds_lock does not let it go.`);
  if (daemon) {
    const state = daemon.state.replace(/^up:/, '');
    setText(byId('state'), state);
    byId('state').dataset['state'] = state;
    setText(
      byId('facts'),
      `${daemon.whoami < 0 ? 'no rank' : `rank ${daemon.whoami}`} of ${daemon.fsName}, map e${daemon.epoch}, up ${seconds(daemon.uptime)}, ${daemon.addr}`,
    );
    operations.update(daemon);
    journal.update(daemon.journal);
    sessions.update(daemon);
  }
  tiles.update(sample, recent, history);
  topology.update(sample, recent);
  charts.update(history, sample.threads);
  threads.update(sample, recent);
  counters.update(sample);
}

new Feed({ onHello, onSample });
