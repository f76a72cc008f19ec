import { z } from 'zod';
import { urlProblem } from '../repository-url.js';
import { duration, ownablePath, plainText, reference, secretName, variableName } from '../scalars.js';

const OTHERWISE = 'the name of a secret, or { value: … } for what is none';

/** Variables that other keys of a repository already set. */
const TAKEN = /^RESTIC_(?:PASSWORD|REPOSITORY)/;

const Plain = z.strictObject({ value: plainText.meta({ description: 'The value itself: nothing secret.' }) });

const Variable = variableName.refine((variable) => !TAKEN.test(variable), {
  error: 'another variable: the password and the place of a repository have keys of their own',
});

export const Repository = z
  .strictObject({
    host: reference('host')
      .optional()
      .meta({ description: 'The host that looks after it; by default that of its volume or jobs.' }),
    volume: reference('volume').optional().meta({ description: 'The volume it lies on; with path.' }),
    path: ownablePath
      .optional()
      .meta({ description: "Where it lies, relative to the volume's or remote's root." }),
    url: z
      .string({ error: "restic's name of a repository, such as b2:bucket:path" })
      .superRefine((url, context) => {
        const message = urlProblem(url);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .optional()
      .meta({ description: "restic's own name of it, without credentials.", examples: ['b2:bucket:path'] }),
    remote: reference('remote')
      .optional()
      .meta({ description: 'A remote of this estate through which it is reached; with path.' }),
    password: secretName.meta({ description: 'Name of the secret that holds its password.' }),
    pruneEvery: duration(
      'How often data that no snapshot needs any more is removed (restic prune); default 7d.',
    ).optional(),
    environment: z
      .record(Variable, z.union([secretName, Plain], { error: OTHERWISE }))
      .default({})
      .meta({ description: `Environment of restic; each value is ${OTHERWISE}.` }),
  })
  .meta({ description: 'A restic repository: on a volume, at a url, or behind a remote.' });
