// What is fuzzed: every class with `static decode(decoder)` in the rooms below, every message, dentry values and journal events.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as encoding from '@cephts/encoding';
import { samples } from './samples.mjs';

const { CEPH_FEATURES_ALL, Decoder, Encoder } = encoding;
const root = path.resolve(import.meta.dirname, '../..');
const mds = path.join(root, 'packages/mds-reference/build');
const rados = path.join(root, 'packages/rados/build');
const corpus = path.resolve(root, '../shared/ceph-object-corpus');
const rooms = [
  ...['types', 'messages', 'journal', 'tables', 'purge', 'locks', 'cache'].map((room) => path.join(mds, room)),
  ...['maps', 'messages', 'auth'].map((room) => path.join(rados, room)),
];

function modules(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    if (statSync(file).isDirectory()) return modules(file);
    // what a source that is gone was built to does not count
    const source = file.replace(`${path.sep}build${path.sep}`, `${path.sep}src${path.sep}`).replace(/\.js$/, '.ts');
    return name.endsWith('.js') && !name.endsWith('.worker.js') && existsSync(source) ? [file] : [];
  });
}

/** `inode_t<std::allocator>`, `EMetaBlob::fullbit` and `Inode`, `FullBit` compare equal. */
const plain = (name) =>
  name
    .replace(/<.*>|^.*::/g, '')
    .replace(/_t$/, '')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toLowerCase();

/** Ceph's bytes for a class, where the object corpus is beside the checkout. */
function corpusSeeds(name) {
  if (!existsSync(corpus)) return [];
  const seeds = [];
  for (const version of readdirSync(corpus)) {
    const objects = path.join(corpus, version, 'objects');
    if (!existsSync(objects)) continue;
    for (const type of readdirSync(objects)) {
      if (plain(type) !== plain(name)) continue;
      for (const file of readdirSync(path.join(objects, type)))
        seeds.push(new Uint8Array(readFileSync(path.join(objects, type, file))));
    }
  }
  return seeds;
}

function encoded(value) {
  const e = new Encoder();
  value.encode(e);
  return e.toBytes();
}

/** What a class encodes when it is new, if it can be made with nothing. */
function blankSeed(type) {
  try {
    return [encoded(new type())];
  } catch {
    return [];
  }
}

/** Their crc is over all their bytes. */
const TAKES_BYTES = new Set(['OsdMapIncremental']);

function classTarget(name, type, sampled) {
  const seeds = [...blankSeed(type), ...(sampled.get(type.name) ?? []).map(encoded), ...corpusSeeds(type.name)];
  return {
    name,
    seeds: seeds.length > 0 ? seeds : [new Uint8Array(64)],
    decode: (bytes) => type.decode(TAKES_BYTES.has(type.name) ? bytes : new Decoder(bytes, name)),
    encode: typeof type.prototype?.encode === 'function' ? encoded : undefined,
  };
}

function messageTarget(type, sampled) {
  const blank = new type();
  const name = `message ${blank.typeName}`;
  const encode = (message) => {
    const e = new Encoder();
    message.encodePayload(e, CEPH_FEATURES_ALL);
    // client_reconnect has its payload in the data segment.
    return message.data.length > 0 ? message.data.slice() : e.toBytes();
  };
  const seeds = [encode(blank), ...(sampled.get(type.name) ?? []).map(encode)];
  const top = blank.headVersion;
  let turn = 0;
  const decode = (bytes, version = top) => {
    const message = new type();
    message.data = bytes;
    message.decodePayload(new Decoder(bytes, message.typeName), version);
    return message;
  };
  return {
    name,
    seeds,
    // Most often the current version, now and then an older or a newer one.
    decode: (bytes) => decode(bytes, ++turn % 4 === 0 ? turn % (top + 2) : top),
    encode: undefined,
  };
}

/** All targets; rooms that can't be loaded are named in `problems`. */
export async function loadTargets() {
  const targets = [];
  const problems = [];
  const seen = new Set();
  const load = (file) => import(pathToFileURL(file).href);
  const below = await load(path.join(rados, 'index.js'));
  const types = { ...below, ...(await load(path.join(mds, 'types/index.js'))) };
  const messages = { ...below, ...(await load(path.join(mds, 'messages/index.js'))) };
  const sampled = samples(encoding, types, messages);
  const add = (exports, origin) => {
    for (const [name, value] of Object.entries(exports)) {
      if (typeof value !== 'function' || typeof value.decode !== 'function' || value.decode.length !== 1 || seen.has(value))
        continue;
      seen.add(value);
      targets.push(classTarget(`${origin} ${name}`, value, sampled));
    }
  };
  add(encoding, 'encoding');
  for (const room of rooms) {
    for (const file of modules(room)) {
      try {
        add(await load(file), path.basename(room));
      } catch (error) {
        problems.push(`${path.relative(root, file)}: ${error.message}`);
      }
    }
  }
  for (const type of messages.mdsMessageClasses) targets.push(messageTarget(type, sampled));
  targets.push({
    name: 'types dentry value',
    seeds: sampled.get('DentryValue').map((value) => {
      const e = new Encoder();
      types.encodeDentryValue(e, value);
      return e.toBytes();
    }),
    decode: types.decodeDentryValue,
    encode: (value) => {
      const e = new Encoder();
      types.encodeDentryValue(e, value);
      return e.toBytes();
    },
  });
  targets.push(
    {
      name: 'messages reply trace',
      seeds: sampled.get('ReplyTrace'),
      decode: (bytes) => messages.decodeReplyTrace({ trace: bytes, isDentry: true, isTarget: true }),
    },
    { name: 'messages readdir page', seeds: sampled.get('ReaddirPage'), decode: (bytes) => messages.decodeReaddirPage(bytes) },
    {
      name: 'types snap trace',
      seeds: sampled.get('SnapTrace'),
      decode: (bytes) => types.SnapRealmInfo.decodeTrace(new Decoder(bytes, 'snap trace')),
    },
  );
  await addEvents(targets, problems, sampled);
  return { targets, problems };
}

/** Whole journal entries: their type, then the event. */
async function addEvents(targets, problems) {
  const file = path.join(mds, 'journal/decode-event.js');
  if (!existsSync(file)) return;
  try {
    const { decodeEvent } = await import(pathToFileURL(file).href);
    const seeds = [];
    for (const target of targets.filter(({ name }) => /^journal E[A-Z]/.test(name))) {
      // u32 0, then an envelope with the event's type and the event.
      for (const body of target.seeds.slice(0, 4)) {
        for (const type of [1, 2, 3, 10, 20, 30, 42]) {
          seeds.push(
            new Encoder()
              .u32(0)
              .struct(1, 1, (e) => e.u32(type).raw(body))
              .toBytes(),
          );
        }
      }
    }
    if (seeds.length > 0) targets.push({ name: 'journal entry', seeds, decode: decodeEvent });
  } catch (error) {
    problems.push(`journal/decode-event.js: ${error.message}`);
  }
}
