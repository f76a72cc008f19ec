import { z } from 'zod';
import { absolutePath, path, reference, secretName, text, variableName } from '../scalars.js';

const VAULT = 'the name of a vault (3 to 24 letters, digits, dashes), or its full https URL';

const RenderedFile = z
  .strictObject({
    host: reference('host').meta({ description: 'The host on which it is written.' }),
    variables: z.record(variableName, secretName).meta({ description: 'Variable: name of a secret.' }),
    restart: z
      .array(text('a systemd unit'))
      .default([])
      .meta({ description: 'Systemd units to restart when the content changed.' }),
  })
  .meta({ description: 'A file that secrets-sync renders.' });

const files = z
  .record(absolutePath, RenderedFile)
  .default({})
  .meta({ description: 'What secrets-sync renders, and where.' });

const KeyVault = z.strictObject({
  provider: z.literal('azure-key-vault'),
  vault: z
    .string({ error: VAULT })
    .regex(/^(?:[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]|https:\/\/[A-Za-z0-9.-]+(?::\d+)?\/?)$/, {
      error: VAULT,
    })
    .meta({ description: VAULT }),
  files,
});

const SecretsFile = z.strictObject({
  provider: z.literal('file'),
  path: path.meta({ description: 'A YAML map or .env file that only its owner can read.' }),
  files,
});

const SecretsEnvironment = z.strictObject({ provider: z.literal('environment'), files });

export const Secrets = z.discriminatedUnion('provider', [KeyVault, SecretsFile, SecretsEnvironment]);
