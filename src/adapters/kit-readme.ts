import type { KitManifest } from '../domain/kit.js';
import type { Estate } from '../estate/schema.js';

/** What a person does with an opened kit, with no program of this product at hand. */
export function kitReadme(manifest: KitManifest, estate: Estate): string {
  const { repositories, remotes } = manifest;
  return [
    `RECOVERY KIT of the estate "${manifest.estate}", written ${manifest.writtenAt} on ${manifest.machine}.`,
    'It holds every password in plain text. When you are done: rm -r this folder.',
    ...missingLines(manifest),
    ...section('WHAT IS IN IT', [
      'estate.yaml           what the estate declares: hosts, volumes, repositories, remotes, jobs',
      'secrets.yaml          the values of its secrets, by name',
      'repositories/*.env    one for each restic repository: where it is, and its password and keys',
      'remotes/*.env         one for each rclone remote, likewise',
      'kit.json              names and date, for programs',
    ]),
    ...section('GET FILES BACK from a restic repository, with restic alone (https://restic.net)', [
      ...repositories.map((name) => `(. ./repositories/${name}.env; restic snapshots)`),
      '(. ./repositories/NAME.env; restic ls latest)',
      '(. ./repositories/NAME.env; restic restore latest --target ./restored)',
      '(. ./repositories/NAME.env; restic restore latest --target ./restored --include /the/saved/path)',
      '',
      'A repository whose place begins with "rclone:" needs rclone too (https://rclone.org).',
      'One that lies on a volume: connect that drive, mount it, and say where:',
      '(. ./repositories/NAME.env; restic --repo /mnt/drive/the/folder snapshots)',
    ]),
    ...section('GET FILES BACK from a mirror, with rclone alone', [
      ...remotes.map((name) => `(. ./remotes/${name}.env; rclone lsf "$FTS_REMOTE")`),
      '(. ./remotes/NAME.env; rclone copy --links "$FTS_REMOTE/a/folder" ./restored)',
      '(. ./remotes/NAME.env; rclone copy --links --b2-version-at "2026-01-31 12:00:00" "$FTS_REMOTE/a/folder" ./restored)',
      '',
      'The last shows a mirror on B2 as it was then. Owners, modes and the like: the newest file in its folder .fts.',
    ]),
    ...section('VOLUMES, and what each was', [
      ...Object.entries(estate.volumes).map(
        ([name, { host, mountpoint, filesystem, label, drive }]) =>
          `${name}: ${mountpoint} on ${host}, ${filesystem}${label === undefined ? '' : `, label ${label}`}` +
          (drive && 'serial' in drive ? `, drive with serial number ${drive.serial}` : ''),
      ),
    ]),
    ...section('SET THE SERVER UP AGAIN', [
      'Install Flux-Time-Space, put estate.yaml to /etc/fts/estate.yaml, and secrets.yaml where it says:',
      whereSecretsGo(estate),
      'chmod 600 the secrets file. Then: fts check; fts doctor; fts provision VOLUME for each; docs/runbook.md, "lost server".',
    ]),
    ...section('NOT IN IT', [
      'Keys of SSH, for repositories and remotes that are reached by sftp; files that a setting names by their path.',
      'The data. The passphrase of this kit.',
    ]),
    '',
  ].join('\n');
}

const section = (title: string, lines: readonly string[]): string[] => [
  '',
  title,
  '',
  ...lines.map((line) => (line === '' ? '' : `  ${line}`)),
];

function missingLines({ missing }: KitManifest): string[] {
  if (missing.length === 0) return [];
  return section('MISSING: these had no value where the kit was written. Find them elsewhere.', [
    ...missing.map(({ secret, neededBy }) => `${secret}, needed by ${neededBy.join(', ')}`),
  ]);
}

function whereSecretsGo({ secrets }: Estate): string {
  switch (secrets?.provider) {
    case 'file':
      return secrets.path.endsWith('.env')
        ? `${secrets.path}, beside it: change that in estate.yaml to secrets.yaml, which this kit has instead.`
        : `${secrets.path} (a relative path: beside the estate file).`;
    case undefined:
      return 'it names no place.';
    case 'environment':
    case 'azure-key-vault':
      return `it takes them from ${secrets.provider}; without that, write: secrets: { provider: file, path: secrets.yaml }`;
  }
}
