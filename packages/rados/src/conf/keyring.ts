import { existsSync, readFileSync } from 'node:fs';
import { CephError, ERRNO, isCephError } from '@cephts/common';
import { AuthEntityName } from '@cephts/encoding';
import { CryptoKey } from '../auth/crypto-key.js';
import { ConfFile } from './conf-file.js';

function badKeyring(message: string): CephError {
  return new CephError('ERR_CEPH_KEYRING', message, { errno: ERRNO.EINVAL });
}

/** Key and caps of one entity of a keyring. */
export interface KeyringEntry {
  key: CryptoKey;
  /** By kind of service. */
  caps: Map<string, string>;
}

/**
 * Keys by entity. It never prints them.
 *
 * @see src/auth/KeyRing.cc (16.2.15)
 */
export class Keyring {
  readonly #entries = new Map<string, KeyringEntry>();

  /** @throws CephError `ERR_CEPH_KEYRING`, which names file and entity and never a key; `ERR_CEPH_NO_KEYRING` (ENOENT) */
  static load(path: string): Keyring {
    if (!existsSync(path)) {
      throw new CephError('ERR_CEPH_NO_KEYRING', `there is no keyring at ${path}`, { errno: ERRNO.ENOENT });
    }
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const { code = 'error' } = error as NodeJS.ErrnoException;
      throw new CephError('ERR_CEPH_KEYRING', `the keyring ${path} cannot be read: ${code}`, { errno: ERRNO.EACCES });
    }
    return Keyring.parse(text, path);
  }

  /** @throws CephError `ERR_CEPH_KEYRING` */
  static parse(text: string, origin = 'keyring'): Keyring {
    const ring = new Keyring();
    let file: ConfFile;
    try {
      file = ConfFile.parse(text, origin);
    } catch (error) {
      // a line that makes no sense may be a key
      throw badKeyring(isCephError(error) ? error.message.replace(/`[^`]*`/, 'a key') : `${origin} is no keyring`);
    }
    for (const [section, options] of file.sections) {
      if (section === 'global') continue;
      const name = AuthEntityName.parse(section);
      if (!name) throw badKeyring(`${origin}: [${section}] is no name of an entity`);
      const entry: KeyringEntry = { key: new CryptoKey(), caps: new Map() };
      for (const [option, value] of options) {
        if (option === 'key') entry.key = parseKey(value, `${origin}, [${section}]`);
        else if (option.startsWith('caps_')) entry.caps.set(option.slice(5), value);
        else if (option !== 'auid') throw badKeyring(`${origin}: [${section}] has a line that is neither key nor caps`);
      }
      ring.add(name, entry);
    }
    return ring;
  }

  add(name: AuthEntityName, entry: KeyringEntry | CryptoKey): void {
    this.#entries.set(String(name), entry instanceof CryptoKey ? { key: entry, caps: new Map() } : entry);
  }

  get(name: AuthEntityName): KeyringEntry | undefined {
    return this.#entries.get(String(name));
  }

  getSecret(name: AuthEntityName): CryptoKey | undefined {
    return this.#entries.get(String(name))?.key;
  }

  /** The entities in it. */
  names(): string[] {
    return [...this.#entries.keys()];
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** As a file: the one way to see the keys. */
  toText(): string {
    return [...this.#entries]
      .map(([name, { key, caps }]) => {
        const lines = [...caps].map(([service, text]) => `\tcaps ${service} = "${text.replaceAll('"', '\\"')}"\n`);
        return `[${name}]\n\tkey = ${key.toBase64()}\n${lines.join('')}`;
      })
      .join('');
  }

  toString(): string {
    return `Keyring(${this.names().join(', ')})`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function parseKey(base64: string, where: string): CryptoKey {
  try {
    return CryptoKey.parse(base64);
  } catch (error) {
    throw badKeyring(`${where}: ${(error as Error).message}`);
  }
}
