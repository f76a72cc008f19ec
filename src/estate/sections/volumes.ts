import { z } from 'zod';
import { ownablePath, path, positiveSize, reference, text } from '../scalars.js';

const Drive = z
  .strictObject({
    serial: text('the serial number of a disk')
      .optional()
      .meta({ description: 'Serial number of the one disk.' }),
    image: path.optional().meta({ description: 'A file to use through a loop device.' }),
  })
  .meta({
    description:
      'The one disk that provisioning may touch: serial or image. Without it nothing is formatted.',
  });

export const Volume = z
  .strictObject({
    host: reference('host').meta({ description: 'The host whose disk it is.' }),
    mountpoint: path.meta({
      description: 'Absolute; that of a directory volume may be relative to the estate file.',
      examples: ['/flux'],
    }),
    filesystem: z
      .enum(['xfs', 'ext4', 'btrfs', 'directory'])
      .meta({ description: 'directory: no mount of its own, for sandboxes and tests.' }),
    label: text('a label').optional().meta({ description: 'Label of the filesystem.' }),
    drive: Drive.optional(),
    owner: text('a user name')
      .optional()
      .meta({ description: 'Owner of the folders that provisioning makes.' }),
    directories: z
      .array(ownablePath)
      .default([])
      .meta({ description: 'Folders that provisioning makes, relative to the root.' }),
  })
  .meta({ description: 'A filesystem that holds data.' });

export const Share = z
  .strictObject({
    volume: reference('volume').meta({ description: 'The volume that is shared.' }),
    timeMachine: z
      .strictObject({ maxSize: positiveSize('Most that Time Machine may take.') })
      .optional()
      .meta({ description: 'Makes it a Time Machine target.' }),
  })
  .meta({ description: "A Samba share on the volume's host." });
