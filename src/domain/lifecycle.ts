/** One rule of a B2 bucket about old files, as B2 has it. Days since the event; null means never. */
export interface LifecycleRule {
  fileNamePrefix: string;
  daysFromUploadingToHiding: number | null;
  daysFromHidingToDeleting: number | null;
  daysFromStartingToCancelingUnfinishedLargeFiles: number | null;
}

/** What a mirror needs of its bucket's rules: that hidden versions below `prefix` are deleted after `days`. */
export interface WantedLifecycle {
  /** Empty for a whole bucket, else a folder with the slash behind it. */
  prefix: string;
  days: number;
}

/** How long hidden versions stay where the estate does not say (seconds). */
export const DEFAULT_KEEP_HIDDEN_SECONDS = 30 * 86_400;

/** Whether a rule is about files of the mirror. */
const touches = ({ fileNamePrefix }: LifecycleRule, prefix: string): boolean =>
  prefix.startsWith(fileNamePrefix) || fileNamePrefix.startsWith(prefix);

/** The rule that all files of the mirror fall under; B2 lets no two rules be about one file. */
const covering = (rules: readonly LifecycleRule[], prefix: string): LifecycleRule | undefined =>
  rules.find(({ fileNamePrefix }) => prefix.startsWith(fileNamePrefix));

/** What is wrong with a bucket's rules for a mirror, the worst first; for sentences that begin with the bucket. */
export function lifecycleProblems(
  rules: readonly LifecycleRule[],
  { prefix, days }: WantedLifecycle,
): string[] {
  const touching = rules.filter((rule) => touches(rule, prefix));
  const emptying = touching
    .filter((rule) => rule.daysFromUploadingToHiding !== null)
    .map(
      (rule) =>
        `has a rule for ${subject(rule)} that removes CURRENT files, hiding them ${String(rule.daysFromUploadingToHiding)} days after their upload (daysFromUploadingToHiding)`,
    );
  const missing =
    covering(rules, prefix) === undefined
      ? [`has no rule for ${subject({ fileNamePrefix: prefix })}, so that hidden versions stay for ever`]
      : [];
  const differing = touching
    .filter((rule) => rule.daysFromHidingToDeleting !== days)
    .map(
      (rule) =>
        `has a rule for ${subject(rule)} that deletes hidden versions ${inDays(rule.daysFromHidingToDeleting)}`,
    );
  return [...emptying, ...missing, ...differing];
}

const subject = ({ fileNamePrefix }: Pick<LifecycleRule, 'fileNamePrefix'>): string =>
  fileNamePrefix === '' ? 'all its files' : JSON.stringify(fileNamePrefix);

const inDays = (days: number | null): string => (days === null ? 'never' : `after ${String(days)} days`);

/** All rules of the bucket as they should be: the mirror's as wanted, those of other files as they are. */
export function mendedRules(
  rules: readonly LifecycleRule[],
  { prefix, days }: WantedLifecycle,
): LifecycleRule[] {
  const present = covering(rules, prefix);
  const mended = {
    fileNamePrefix: present?.fileNamePrefix ?? prefix,
    daysFromUploadingToHiding: null,
    daysFromHidingToDeleting: days,
    daysFromStartingToCancelingUnfinishedLargeFiles:
      present?.daysFromStartingToCancelingUnfinishedLargeFiles ?? null,
  };
  return [...rules.filter((rule) => !touches(rule, prefix)), mended];
}
