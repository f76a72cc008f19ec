import { z } from 'zod';
import { text } from '../scalars.js';

const HOSTNAME =
  'a host name such as motoko or motoko.example.net, never an address (letters, digits, dashes, dots)';

const isAddress = (hostname: string): boolean => /^[\d.]+$/.test(hostname);

export const Host = z
  .strictObject({
    platform: z.enum(['linux', 'macos', 'windows']).meta({ description: 'Operating system.' }),
    role: z.enum(['server', 'workstation']).optional().meta({ description: 'What the machine is for.' }),
    user: text('a user name').optional().meta({ description: 'The user whose data it is.' }),
    tags: z
      .array(
        z.string({ error: 'a Tailscale tag such as tag:server' }).regex(/^tag:[A-Za-z][A-Za-z0-9-]*$/, {
          error: 'a Tailscale tag such as tag:server',
        }),
      )
      .default([])
      .meta({ description: 'Tailscale tags.' }),
    hostname: z
      .string({ error: HOSTNAME })
      .regex(/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/, { error: HOSTNAME })
      .refine((hostname) => !isAddress(hostname), { error: HOSTNAME })
      .optional()
      .meta({ description: "The machine's own host name, where it differs from the name here." }),
  })
  .meta({ description: 'A machine.' });
