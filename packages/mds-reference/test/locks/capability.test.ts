import { describe, expect, it } from '@jest/globals';
import { Capability, cephSeqCmp } from '../../src/locks/capability.js';
import type { CapabilityInode, CapabilitySession } from '../../src/locks/capability.js';

const A = 0b0100;
const B = 0b1000;

function make(): { cap: Capability; session: CapabilitySession & { order: string[] }; notable: () => number } {
  let notable = 0;
  const order: string[] = [];
  const session = {
    capGen: 0,
    order,
    getClient: () => 9,
    isStale: () => false,
    touchCap: () => void order.push('front'),
    touchCapBottom: () => void order.push('end'),
  };
  const inode: CapabilityInode = {
    adjustNumCapsNotable(by) {
      notable += by;
    },
  };
  return { cap: new Capability(inode as never, session as never, 1), session, notable: () => notable };
}

describe('Capability', () => {
  it('has issued what it revokes until the client confirms', () => {
    const { cap } = make();
    cap.issue(A | B);
    const seq = cap.issue(A);
    expect(cap.pending).toBe(A);
    expect(cap.issued).toBe(A | B);
    expect(cap.revoking).toBe(B);
    expect(cap.confirmReceipt(seq, A)).toBe(B);
    expect(cap.issued).toBe(A);
    expect(cap.revoking).toBe(0);
  });

  it('does not take the answer to an older message for the answer to the revocation', () => {
    const { cap } = make();
    const first = cap.issue(A | B);
    cap.issue(A);
    expect(cap.confirmReceipt(first, A | B)).toBe(0);
    expect(cap.revoking).toBe(B);
  });

  it('drops caps a client gives up of its own accord', () => {
    const { cap } = make();
    const seq = cap.issue(A | B);
    cap.confirmReceipt(seq, A);
    expect(cap.pending).toBe(A);
    expect(cap.issued).toBe(A);
  });

  it('forgets a revocation when it grants the same again', () => {
    const { cap } = make();
    cap.issue(A | B);
    cap.issue(A);
    const seq = cap.issue(A | B);
    expect(cap.revoking).toBe(0);
    expect(cap.confirmReceipt(seq, A | B)).toBe(0);
  });

  it('cleans revocations that a release crossed', () => {
    const { cap } = make();
    cap.issue(A | B);
    cap.setLastIssue();
    const issue = cap.lastIssue;
    cap.issue(A);
    cap.cleanRevokeFrom(issue);
    expect(cap.revoking).toBe(0);
  });

  it('tells once when nothing is being revoked any more', () => {
    const { cap } = make();
    let settled = 0;
    cap.issue(A | B);
    const seq = cap.issue(A);
    cap.onceSettled(() => settled++);
    cap.confirmReceipt(seq, A);
    cap.confirmReceipt(seq, A);
    expect(settled).toBe(1);
  });

  it('is notable while it wants to write, is being revoked or may write', () => {
    const { cap, session, notable } = make();
    cap.setWanted(16 << 8);
    expect(notable()).toBe(1);
    expect(cap.isNotable()).toBe(true);
    expect(session.order).toEqual(['end', 'front']);
    cap.markClientwriteable();
    cap.setWanted(0);
    expect(notable()).toBe(0);
    expect(cap.isNotable()).toBe(true);
    cap.clearClientwriteable();
    expect(cap.isNotable()).toBe(false);
  });

  it('is void after its session was stale, until something is issued', () => {
    const { cap, session } = make();
    session.capGen++;
    expect(cap.isValid()).toBe(false);
    cap.issue(A, true);
    expect(cap.isValid()).toBe(true);
  });
});

describe('cephSeqCmp', () => {
  it('compares across the wrap at 2^32', () => {
    expect(cephSeqCmp(1, 2)).toBeLessThan(0);
    expect(cephSeqCmp(2, 2)).toBe(0);
    expect(cephSeqCmp(0xffff_fffe, 3)).toBeLessThan(0);
  });
});
