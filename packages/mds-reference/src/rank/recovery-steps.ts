import { finishContexts } from '@cephts/common';
import {
  MDS_STATE_ACTIVE,
  MDS_STATE_CLIENTREPLAY,
  MDS_STATE_CREATING,
  MDS_STATE_REJOIN,
  MDS_STATE_REPLAY,
  MDS_STATE_STARTING,
} from '@cephts/rados';
import { MDSInternalContextWrapper } from './mds-context.js';
import type { MDSRank } from './mds-rank.js';

/**
 * From a replayed journal to serving clients: reconnect, rejoin, clientreplay, active. Before that several ranks would agree on who has what (resolve);
 * this one serves only where it is alone.
 *
 * @see src/mds/MDSRank.cc (16.2.15)
 */
export class RecoverySteps {
  readonly #mds: MDSRank;
  #replayingRequestsDone = false;

  constructor(mds: MDSRank) {
    this.#mds = mds;
  }

  #then(step: () => void): MDSInternalContextWrapper {
    return new MDSInternalContextWrapper(this.#mds, step);
  }

  /** Waits for the clients of the session map. */
  reconnectStart(): void {
    const mds = this.#mds;
    mds.dout(1, 'reconnectStart');
    if (mds.lastState === MDS_STATE_REPLAY) mds.mdcache.finishReplayed();
    mds.server.reconnectClients(
      this.#then(() => {
        mds.dout(1, 'reconnectDone');
        mds.requestState(MDS_STATE_REJOIN);
      }),
    );
    finishContexts(mds.waiters.reconnect);
  }

  rejoinStart(): void {
    const mds = this.#mds;
    mds.dout(1, 'rejoinStart');
    mds.mdcache.rejoinStart(this.#then(() => this.#rejoinDone()));
    finishContexts(mds.waiters.rejoin);
  }

  /** Every rank that is in has come to rejoin. */
  rejoinJointStart(): void {
    this.#mds.dout(1, 'rejoinJointStart');
    this.#mds.mdcache.rejoinSendRejoins();
  }

  #rejoinDone(): void {
    const mds = this.#mds;
    mds.dout(1, 'rejoinDone');
    if (!mds.mdcache.subtrees.isSubtrees()) {
      mds.clog('error', 'no subtree is left of the root rank');
      mds.damaged('the root rank has no subtree');
      return;
    }
    if (mds.waiters.replayQueue.length === 0 && mds.server.getNumPendingReclaim() === 0) {
      mds.requestState(MDS_STATE_ACTIVE);
    } else {
      this.#replayingRequestsDone = mds.waiters.replayQueue.length === 0;
      mds.requestState(MDS_STATE_CLIENTREPLAY);
    }
  }

  clientreplayStart(): void {
    const mds = this.#mds;
    mds.dout(1, 'clientreplayStart');
    finishContexts(mds.waiters.replay);
    this.queueOneReplay();
  }

  queueOneReplay(): boolean {
    const mds = this.#mds;
    const next = mds.waiters.replayQueue.shift();
    if (next !== undefined) {
      mds.queueWaiter(next);
      return true;
    }
    if (!this.#replayingRequestsDone) {
      this.#replayingRequestsDone = true;
      mds.mdlog.flush();
    }
    this.maybeClientreplayDone();
    return false;
  }

  /** On to active, unless requests are left, or sessions that may still be reclaimed. */
  maybeClientreplayDone(): void {
    const mds = this.#mds;
    if (!mds.isClientReplay() || mds.getWantState() !== MDS_STATE_CLIENTREPLAY) return;
    if (!this.#replayingRequestsDone || mds.server.getNumPendingReclaim() > 0) return;
    mds.mdlog.waitForSafe(
      this.#then(() => {
        mds.dout(1, 'clientreplayDone');
        mds.requestState(MDS_STATE_ACTIVE);
      }),
    );
  }

  activeStart(): void {
    const mds = this.#mds;
    const { mdcache, waiters } = mds;
    mds.dout(1, 'activeStart');
    if (mds.lastState === MDS_STATE_CREATING || mds.lastState === MDS_STATE_STARTING) mdcache.hierarchy.openRoot();
    mds.startMetrics();
    mdcache.cleanOpenFileLists();
    mdcache.reconnected.exportRemaining();
    finishContexts(waiters.replay);
    mdcache.reconnected.reissueAll();
    finishContexts(waiters.active);
  }

  /** Serving again after a recovery: what was left undone is taken up. */
  recoveryDone(oldState: number): void {
    const { mdcache } = this.#mds;
    this.#mds.dout(1, 'recoveryDone');
    if (oldState === MDS_STATE_CREATING) return;
    mdcache.truncation.startRecovered();
    mdcache.startPurgeInodes();
    mdcache.startFilesToRecover();
    mdcache.hierarchy.populateMydir();
  }

  /** The rank is to be given up: it ends its sessions and trims all it has. */
  stoppingStart(): void {
    const mds = this.#mds;
    mds.dout(2, 'stoppingStart');
    mds.server.terminateSessions();
    mds.mdcache.shutdownStart();
  }
}
