import type { Decoder, Encoder } from '@cephts/encoding';

/** What a step of a rule does. */
export const RULE_OP = {
  noop: 0,
  take: 1,
  chooseFirstn: 2,
  chooseIndep: 3,
  emit: 4,
  chooseleafFirstn: 6,
  chooseleafIndep: 7,
  setChooseTries: 8,
  setChooseleafTries: 9,
  setChooseLocalTries: 10,
  setChooseLocalFallbackTries: 11,
  setChooseleafVaryR: 12,
  setChooseleafStable: 13,
} as const;

/** One step of a rule: an operation, by its number in upstream, and its two arguments. */
export interface CrushStep {
  op: number;
  arg1: number;
  arg2: number;
}

/**
 * How the items of a placement are chosen, step by step; the mask says for which pools.
 *
 * @see struct crush_rule in src/crush/crush.h (16.2.15)
 */
export class CrushRule {
  ruleset = 0;
  /** 1 replicated, 3 erasure coded. */
  type = 1;
  minSize = 1;
  maxSize = 10;
  steps: CrushStep[] = [];

  encode(e: Encoder): void {
    e.u32(this.steps.length).u8(this.ruleset).u8(this.type).u8(this.minSize).u8(this.maxSize);
    for (const { op, arg1, arg2 } of this.steps) e.u32(op).s32(arg1).s32(arg2);
  }

  static decode(d: Decoder): CrushRule {
    const rule = new CrushRule();
    const length = d.count(12);
    rule.ruleset = d.u8();
    rule.type = d.u8();
    rule.minSize = d.u8();
    rule.maxSize = d.u8();
    for (let i = 0; i < length; i++) rule.steps.push({ op: d.u32(), arg1: d.s32(), arg2: d.s32() });
    return rule;
  }
}
