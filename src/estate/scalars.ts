import { z } from 'zod';
import { BANDWIDTH_SYNTAX, parseBandwidth } from '../domain/bandwidth.js';
import {
  DURATION_PATTERN,
  DURATION_SYNTAX,
  FRACTION_PATTERN,
  FRACTION_SYNTAX,
  parseDuration,
  parseFraction,
  parseShare,
  parseSize,
  SHARE_PATTERN,
  SHARE_SYNTAX,
  SIZE_PATTERN,
  SIZE_SYNTAX,
} from '../domain/units.js';
import { parseCron } from './cron-fields.js';
import { zoneProblem } from './zones.js';
import {
  absolutePathProblem,
  ownablePathProblem,
  pathProblem,
  relativePathProblem,
  volumePathProblem,
} from './paths.js';

/*
 * The single values of the estate file. The message of each says what was expected; what was found, and where, is
 * added by `issues.ts`.
 */

interface Reading<T> {
  expected: string;
  pattern: RegExp;
  /** Undefined if the text is none. */
  parse: (text: string) => T | undefined;
  example: string;
}

/** Text that stands for a number; the JSON Schema has the pattern. */
const read = <T>({ expected, pattern, parse, example }: Reading<T>, description: string) =>
  z
    .string({ error: expected })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    })
    .meta({ description, pattern: pattern.source, examples: [example] });

const DURATION = {
  expected: DURATION_SYNTAX,
  pattern: DURATION_PATTERN,
  parse: parseDuration,
  example: '30d',
};
const SIZE = { expected: SIZE_SYNTAX, pattern: SIZE_PATTERN, parse: parseSize, example: '10 GiB' };
const SHARE = { expected: SHARE_SYNTAX, pattern: SHARE_PATTERN, parse: parseShare, example: '5%' };
const FRACTION = {
  expected: FRACTION_SYNTAX,
  pattern: FRACTION_PATTERN,
  parse: parseFraction,
  example: '1/28',
};

/** Text that `problem` has nothing against; otherwise it says what was expected. */
const checked = (expected: string, problem: (text: string) => string | undefined) =>
  z.string({ error: expected }).superRefine((text, context) => {
    const message = problem(text);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const matching = (expected: string, pattern: RegExp) =>
  z
    .string({
      error: ({ input }) =>
        typeof input === 'number' || typeof input === 'boolean' ? `${expected}, in quotes` : expected,
    })
    .regex(pattern, { error: expected });

export const duration = (description: string) => read(DURATION, description);
const WHOLE_DAYS = {
  ...DURATION,
  expected: 'whole days, such as 30d or 4w',
  parse: (text: string) => {
    const seconds = parseDuration(text);
    return seconds === undefined || seconds % 86_400 !== 0 ? undefined : seconds;
  },
};
export const wholeDays = (description: string) => read(WHOLE_DAYS, description);
export const size = (description: string) => read(SIZE, description);
export const positiveSize = (description: string) =>
  read({ ...SIZE, expected: `${SIZE_SYNTAX}, above zero`, parse: positive(parseSize) }, description);
export const share = (description: string) => read(SHARE, description);
export const fraction = (description: string) => read(FRACTION, description);

const positive = (parse: (text: string) => number | undefined) => (text: string) => {
  const value = parse(text);
  return value === 0 ? undefined : value;
};

/** Longest name: `<name>.json` must be a file name. */
const LONGEST_NAME = 200;

/** Name of a host, volume, share, job, repository or remote: it becomes part of ids and file names. */
export const name = matching(
  `a name of lower-case letters, digits and dashes that begins with a letter or digit (at most ${String(LONGEST_NAME)})`,
  new RegExp(`^[a-z0-9][a-z0-9-]{0,${String(LONGEST_NAME - 1)}}$`),
);

/** Name of an entry elsewhere in the estate; whether it is there is for `rules/references.ts`. */
export const reference = (kind: string) => z.string({ error: `the name of a declared ${kind}` });

export const estateName = matching(
  'a name of letters, digits, dashes and underscores that begins with a letter or digit (at most 100)',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/,
);

/** Name of a secret; never the secret itself. */
export const secretName = matching(
  'the name of a secret (letters, digits, dashes and underscores), never the secret itself',
  /^[A-Za-z0-9_][A-Za-z0-9_-]{0,126}$/,
);

export const variableName = matching(
  'the name of an environment variable (letters, digits, underscores)',
  /^[A-Za-z_][A-Za-z0-9_]*$/,
);

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const PRINTABLE = /^[^\u0000-\u001f\u007f-\u009f]+$/;

/** One line of text that is not empty. */
export const text = (expected: string) => matching(`${expected} (one line, not empty)`, PRINTABLE);

/** Any text that can be put into an environment. */
export const plainText = z
  .string({ error: 'text (in quotes)' })
  .refine((value) => !value.includes('\0'), { error: 'text without NUL' });

export const path = checked('a path', pathProblem);
export const relativePath = checked("a path relative to the volume's root", relativePathProblem);
/** As `relativePath`, but none of this product's own. */
export const ownablePath = checked("a path relative to the volume's root", ownablePathProblem);
/** `volume` or `volume/path`. */
export const volumePath = checked('a volume and a path on it, such as flux/scratch', volumePathProblem);
/** A folder below which something may be written, so not the root. */
export const writableRoot = checked('a folder', (value) =>
  /^(?:[A-Za-z]:)?[/\\]*$/.test(value) ? 'a folder below the root' : pathProblem(value),
);

/** Path below an rclone remote: a bucket, a bucket and a folder, or a folder of a local remote. */
export const remotePath = checked('a bucket, or a bucket and a folder', (value) =>
  relativePathProblem(value.replace(/^\/(?=.)/, '')),
);
export const absolutePath = checked('an absolute path', absolutePathProblem);

export const operatorName = matching(
  'the name of a person (letters, digits, and . _ @ + -)',
  /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$/,
);

export const cron = checked('a cron of five fields, in quotes', (value) => {
  const reading = parseCron(value);
  return 'problem' in reading ? reading.problem : undefined;
}).meta({
  description:
    'Minute, hour, day of the month, month, day of the week; when both days are given, both must match. ' +
    'A job without it runs only on request.',
  examples: ['0 4 * * *'],
});

export const timezone = checked(
  'a time zone of the IANA database, such as Europe/Berlin or UTC',
  zoneProblem,
);

export const bandwidth = checked(BANDWIDTH_SYNTAX, (value) =>
  parseBandwidth(value) === undefined ? BANDWIDTH_SYNTAX : undefined,
);

export const count = (expected = 'a whole number, 0 or more') =>
  z.int({ error: expected }).nonnegative({ error: expected });

export const positiveCount = z
  .int({ error: 'a whole number, 1 or more' })
  .positive({ error: 'a whole number, 1 or more' });
