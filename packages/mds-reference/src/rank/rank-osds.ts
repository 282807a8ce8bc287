import { complete, ERRNO } from '@cephts/common';
import type { Completion } from '@cephts/common';
import type { EntityAddr } from '@cephts/encoding';
import { MDS_STATE_RECONNECT, POOL_FLAG } from '@cephts/rados';
import type { Objecter } from '@cephts/rados';
import { C_IO_Wrapper } from './mds-context.js';
import type { MDSRank } from './mds-rank.js';

/**
 * What a rank has to do with the OSDs of its cluster beside its objects: it follows their map, waits for epochs of it, and shuts out the
 * clients that the map shuts out.
 *
 * @see MDSRankDispatcher::handle_osd_map, MDSRank::apply_blocklist in src/mds/MDSRank.cc (16.2.15)
 */
export class RankOsds {
  readonly #mds: MDSRank;
  readonly #objecter: Objecter;
  /** Who was shut out when the map was last looked at. */
  #blocklist = new Set<string>();

  constructor(mds: MDSRank, objecter: Objecter) {
    this.#mds = mds;
    this.#objecter = objecter;
    // without the MDS nothing can be deleted
    objecter.unsetHonorPoolFull();
  }

  init(): void {
    // one that a standby has followed may be there already
    this.#blocklist = new Set(this.#objecter.osdmap.blocklist.keys());
    this.#lookIfFull();
    this.#objecter.requestMap();
  }

  /** What is under way completes with -ESHUTDOWN. */
  shutdown(): Promise<void> {
    return this.#objecter.shutdown();
  }

  /** Of the newest map. */
  get epoch(): number {
    return this.#objecter.osdmap.epoch;
  }

  /** OSDs take operations of another incarnation for new ones, whatever their numbers. */
  setIncarnation(incarnation: number): void {
    this.#objecter.setClientIncarnation(incarnation);
  }

  /** Runs `step` on MR_Finisher once the map is of this epoch or later; here and now where it is so already. */
  whenMap(epoch: number, step: () => void): void {
    if (this.epoch >= epoch) {
      step();
      return;
    }
    this.#mds.dout(1, () => `waiting for osdmap ${epoch}, which shuts out who was here before`);
    this.#objecter.waitForMap(epoch, new C_IO_Wrapper(this.#mds, step));
  }

  /** A map has come, and the Objecter has taken it. */
  handleOsdMap(): void {
    const before = this.#blocklist;
    const { blocklist } = this.#objecter.osdmap;
    this.#blocklist = new Set(blocklist.keys());
    for (const key of this.#blocklist) {
      if (before.has(key)) continue;
      this.applyBlocklist();
      break;
    }
    this.#lookIfFull();
    // the next one is wanted even when no operation asks for it
    this.#objecter.requestMap();
  }

  #lookIfFull(): void {
    const { server, mdsmap } = this.#mds;
    server.isFull = this.#objecter.osdmap.pools.get(mdsmap.metadataPool)?.hasFlag(POOL_FLAG.full) === true;
  }

  /** Ends the sessions of clients that the map shuts out. */
  applyBlocklist(): void {
    const mds = this.#mds;
    if (mds.state < MDS_STATE_RECONNECT) return;
    const { osdmap } = this.#objecter;
    const victims = [...mds.sessionmap.getSessions()].filter(({ info }) => osdmap.isBlocklisted(info.inst.addr));
    for (const session of victims) {
      mds.dout(1, () => `${session.humanName} is blocklisted`);
      mds.server.killSession(session);
    }
    if (victims.length > 0) mds.setOsdEpochBarrier(osdmap.epoch);
  }

  /** Asks the monitors to shut `addr` out, and waits for the map that does; clients are to wait for it, too. @param done told 0 or −errno */
  blocklist(addr: EntityAddr, done: Completion): void {
    const mds = this.#mds;
    const command = { prefix: 'osd blocklist', blocklistop: 'add', addr: addr.toString() };
    const fail = (why: string): void => {
      mds.clog('error', `cannot blocklist ${String(addr)}: ${why}`);
      complete(done, -ERRNO.EIO);
    };
    mds.monc.monCommand(command).then(
      async ({ r, outs }) => {
        if (r < 0) {
          fail(outs);
          return;
        }
        const { newest } = await mds.monc.getVersion('osdmap');
        this.#objecter.waitForMap(
          newest,
          new C_IO_Wrapper(mds, (result) => {
            mds.setOsdEpochBarrier(newest);
            complete(done, result);
          }),
        );
      },
      (error: Error) => fail(error.message),
    );
  }
}
