import { z } from 'zod';
import { reference, secretName } from '../scalars.js';
import { sshKeyProblem, webhookProblem } from '../outside-text.js';

const LETTER = 'one letter, such as X';

export const Device = z
  .strictObject({
    mounts: z.array(reference('share')).default([]).meta({ description: 'Shares that it mounts.' }),
    drives: z
      .record(reference('share'), z.string({ error: LETTER }).regex(/^[A-Za-z]$/, { error: LETTER }))
      .default({})
      .meta({ description: 'Share: drive letter (Windows).' }),
    smbPassword: secretName
      .optional()
      .meta({ description: 'Name of the secret with the password of the shares.' }),
    ingest: z
      .array(z.enum(['icloud', 'onedrive']))
      .default([])
      .meta({ description: 'OS clouds that are copied in.' }),
  })
  .meta({ description: 'What onboarding sets up on a client.' });

const Webhook = z.strictObject({
  kind: z.literal('webhook'),
  url: z
    .string({ error: 'an http or https URL' })
    .superRefine((url, context) => {
      const message = webhookProblem(url);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ description: 'Where each event is posted as JSON.' }),
  on: z
    .array(z.enum(['failure', 'recovery', 'overdue', 'approval']))
    .default(['failure', 'recovery', 'overdue', 'approval'])
    .meta({ description: 'Events that are told; all by default.' }),
});

export const Notification = z.discriminatedUnion('kind', [Webhook]);

export const OperatorKey = z
  .string({ error: 'an ed25519 public key such as "ssh-ed25519 AAAA…"' })
  .superRefine((key, context) => {
    const message = sshKeyProblem(key);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ description: 'Public key (ssh-ed25519) of a person who may approve.' });
