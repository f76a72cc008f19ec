import { describe, expect, it } from 'vitest';
import { type LifecycleRule, lifecycleProblems, mendedRules } from '../../src/domain/lifecycle.js';

const rule = (
  fileNamePrefix: string,
  deleting: number | null,
  hiding: number | null = null,
): LifecycleRule => ({
  fileNamePrefix,
  daysFromUploadingToHiding: hiding,
  daysFromHidingToDeleting: deleting,
  daysFromStartingToCancelingUnfinishedLargeFiles: null,
});
const ALL = { prefix: '', days: 30 };
const FOLDER = { prefix: 'space/', days: 30 };

describe('the rules of a bucket', () => {
  it.each([
    ['one for the whole bucket', [rule('', 30)], ALL],
    ['one for the whole bucket, of a mirror in a folder', [rule('', 30)], FOLDER],
    ['one for the folder', [rule('space/', 30)], FOLDER],
    ['others about other files', [rule('logs/', 1, 7), rule('space/', 30), rule('spaces/', 2)], FOLDER],
  ])('are right: %s', (_, rules, wanted) => {
    expect(lifecycleProblems(rules, wanted)).toEqual([]);
  });

  const CURRENT = 'removes CURRENT files, hiding them 7 days after their upload (daysFromUploadingToHiding)';
  it.each([
    ['none', [], ALL, ['has no rule for all its files, so that hidden versions stay for ever']],
    [
      'only others',
      [rule('logs/', 30)],
      FOLDER,
      ['has no rule for "space/", so that hidden versions stay for ever'],
    ],
    [
      'too short',
      [rule('', 7)],
      ALL,
      ['has a rule for all its files that deletes hidden versions after 7 days'],
    ],
    [
      'too long',
      [rule('', 31)],
      FOLDER,
      ['has a rule for all its files that deletes hidden versions after 31 days'],
    ],
    ['emptying', [rule('', 30, 7)], FOLDER, [`has a rule for all its files that ${CURRENT}`]],
    [
      'emptying a part',
      [rule('space/media/', null, 7)],
      FOLDER,
      [
        `has a rule for "space/media/" that ${CURRENT}`,
        'has no rule for "space/", so that hidden versions stay for ever',
        'has a rule for "space/media/" that deletes hidden versions never',
      ],
    ],
  ])('are wrong: %s', (_, rules, wanted, problems) => {
    expect(lifecycleProblems(rules, wanted)).toEqual(problems);
  });
});

it('mends the rules about the mirror, and leaves the others', () => {
  const unfinished = { ...rule('space/', 7, 3), daysFromStartingToCancelingUnfinishedLargeFiles: 2 };
  expect(mendedRules([rule('logs/', 1, 7), unfinished], FOLDER)).toEqual([
    rule('logs/', 1, 7),
    { ...rule('space/', 30), daysFromStartingToCancelingUnfinishedLargeFiles: 2 },
  ]);
  expect(mendedRules([rule('space/a/', 1), rule('space/b/', 1)], FOLDER)).toEqual([rule('space/', 30)]);
  expect(mendedRules([rule('', 1)], FOLDER)).toEqual([rule('', 30)]);
});
