/** A ceph.conf, section by section. */
export class CephConfFile {
  readonly sections = new Map<string, Map<string, string>>();
}
