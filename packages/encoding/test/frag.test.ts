import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Frag } from '../src/index.js';
import {
  Decoder,
  Encoder,
  FRAG_ROOT,
  FragTree,
  fragBits,
  fragChild,
  fragCompare,
  fragContains,
  fragContainsValue,
  fragIsRightmost,
  fragMake,
  fragNext,
  fragParent,
  fragParse,
  fragSibling,
  fragSplit,
  fragToString,
} from '../src/index.js';

const hashes = fc.nat({ max: 0xffffff });
const frags = fc.tuple(fc.nat({ max: 24 }), hashes).map(([bits, value]) => fragMake(bits, value));

describe('frag', () => {
  it('parts share the hashes of their whole', () => {
    fc.assert(
      fc.property(frags, hashes, (frag, hash) => {
        if (fragBits(frag) === 24) return;
        const holders = fragSplit(frag, 1).filter((part) => fragContainsValue(part, hash));
        expect(holders.length).toBe(fragContainsValue(frag, hash) ? 1 : 0);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('a part has its whole as parent and its other half as sibling', () => {
    for (const part of fragSplit(fragMake(2, 0xc00000), 1)) {
      expect(fragParent(part)).toBe(fragMake(2, 0xc00000));
      expect(fragContains(fragParent(part), fragSibling(part))).toBe(true);
      expect(fragSibling(part)).not.toBe(part);
    }
    expect(() => fragParent(FRAG_ROOT)).toThrow(RangeError);
  });

  it('follow each other from left to right', () => {
    const seen: Frag[] = [];
    for (let frag = fragMake(3, 0); ; frag = fragNext(frag)) {
      seen.push(frag);
      if (fragIsRightmost(frag)) break;
    }
    expect(seen).toEqual(fragSplit(FRAG_ROOT, 3));
    expect([...seen].sort(fragCompare)).toEqual(seen);
  });

  it('print their fixed bits', () => {
    expect(fragToString(FRAG_ROOT)).toBe('*');
    expect(fragToString(fragMake(3, 0xa00000))).toBe('101*');
    expect(fragParse('a00000/3')).toBe(fragMake(3, 0xa00000));
    expect(fragParse('zz/3')).toBeUndefined();
  });
});

describe('FragTree', () => {
  /** A tree made by splitting leaves as told. */
  const trees = fc.array(fc.tuple(hashes, fc.integer({ min: 1, max: 3 })), { maxLength: 8 }).map((splits) => {
    const tree = new FragTree();
    for (const [hash, by] of splits) {
      const leaf = tree.leafOf(hash);
      if (fragBits(leaf) + by <= 12) tree.split(leaf, by);
    }
    return tree;
  });

  it('leaves cover each hash exactly once', () => {
    fc.assert(
      fc.property(trees, hashes, (tree, hash) => {
        const leaves = tree.getLeaves();
        expect(leaves.filter((leaf) => fragContainsValue(leaf, hash))).toEqual([tree.leafOf(hash)]);
        expect([...leaves].sort(fragCompare)).toEqual(leaves);
        expect(leaves.every((leaf) => tree.isLeaf(leaf) && tree.contains(leaf))).toBe(true);
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('comes back from its bytes', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const e = new Encoder();
        tree.encode(e);
        expect(FragTree.decode(new Decoder(e.toBytes())).equals(tree)).toBe(true);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it('makes any fragment a leaf', () => {
    fc.assert(
      fc.property(trees, frags, (tree, frag) => {
        if (fragBits(frag) > 12) return;
        const was = tree.isLeaf(frag);
        expect(tree.forceToLeaf(frag)).toBe(!was);
        expect(tree.isLeaf(frag)).toBe(true);
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it('says a split once where all parts are split alike', () => {
    const tree = new FragTree();
    tree.split(FRAG_ROOT, 1);
    for (const part of fragSplit(FRAG_ROOT, 1)) tree.split(part, 2);
    expect([...tree.splits]).toEqual([[FRAG_ROOT, 3]]);
    tree.merge(FRAG_ROOT, 3);
    expect(tree.isEmpty()).toBe(true);
  });

  it('refuses to split what is no leaf, and bytes that split beyond 24 bits', () => {
    const tree = new FragTree();
    tree.split(FRAG_ROOT, 1);
    expect(() => tree.split(FRAG_ROOT, 1)).toThrow(RangeError);
    expect(() => tree.merge(fragChild(FRAG_ROOT, 1, 0), 1)).toThrow(RangeError);
    const e = new Encoder();
    e.u32(1).u32(0).s32(30);
    expect(() => FragTree.decode(new Decoder(e.toBytes(), 'tree'))).toThrow('tree: fragment * split by 30 at offset 4');
  });
});
