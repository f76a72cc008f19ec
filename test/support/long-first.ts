import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes long, by its kind: whole estates at work, then what dies at every point, then what starts real tools. */
const LONG = [
  /\/(end-to-end|resources|faults)\//,
  /(-crash|-kill|-hostile|drill|dev|control)\.test\.ts$/,
  /\/(activities|cli|workers)\//,
];

/** Begins with the files that take long, so that none of them runs on alone when the others have ended. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const found = LONG.findIndex((kind) => kind.test(moduleId));
  return found < 0 ? LONG.length : found;
}
