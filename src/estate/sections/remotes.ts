import { z } from 'zod';
import { plainText, remotePath, secretName, wholeDays } from '../scalars.js';

const SETTING = "one of rclone's settings for this type (lower-case letters, digits, underscores)";
const VALUE = 'text, a number, or true or false';

const Setting = z.string({ error: SETTING }).regex(/^[a-z0-9][a-z0-9_]*$/, { error: SETTING });

export const Remote = z
  .strictObject({
    type: z
      .string({ error: "rclone's name of the backend, such as b2 or s3" })
      .regex(/^[a-z0-9][a-z0-9_]*$/, { error: "rclone's name of the backend, such as b2 or s3" })
      .meta({ description: "rclone's name of the backend.", examples: ['b2'] }),
    path: remotePath.optional().meta({ description: 'Bucket, or bucket and folder.' }),
    keepHidden: wholeDays(
      'B2 only: how long files that a mirror deleted or overwrote can be had back; default 30d. `fts doctor` looks whether the bucket is set so.',
    ).optional(),
    options: z
      .record(Setting, z.union([plainText, z.number(), z.boolean()], { error: VALUE }).transform(String))
      .default({})
      .meta({ description: "rclone's own settings; none of them secret." }),
    secrets: z
      .record(Setting, secretName)
      .default({})
      .meta({ description: "rclone's secret settings: setting, name of the secret." }),
  })
  .meta({ description: 'A place that rclone reaches.' });
