import { showText } from '../yaml/show.js';
import type { Rule } from './rule.js';

/** Drive letters of a device are for what it mounts, each once. */
export const driveLetters: Rule = ({ draft, report, reportKey }) => {
  for (const [name, { drives, mounts }] of Object.entries(draft.devices)) {
    const takenBy = new Map<string, string>();
    for (const [share, letter] of Object.entries(drives ?? {})) {
      const path = ['devices', name, 'drives', share];
      if (mounts && !mounts.includes(share)) {
        reportKey(path, `found a drive for ${showText(share)}, expected one of the mounts of this device`, {
          slip: { name: share, among: mounts },
        });
      }
      const other = takenBy.get(letter.toUpperCase());
      if (other === undefined) takenBy.set(letter.toUpperCase(), share);
      else report(path, `found the drive letter of "${other}", expected one of its own`);
    }
  }
};

/** Two names for one machine are rarely meant, except for trying things out. */
export const hostnames: Rule = ({ draft, warn }) => {
  const names = new Map<string, string>();
  for (const [name, { hostname }] of Object.entries(draft.hosts)) {
    const machine = (hostname ?? name).toLowerCase();
    const other = names.get(machine);
    if (other === undefined) names.set(machine, name);
    else
      warn(
        hostname === undefined ? ['hosts', name] : ['hosts', name, 'hostname'],
        `the same machine as host "${other}"`,
      );
  }
};

/** Names that Azure Key Vault can hold. */
export const vaultNames: Rule = ({ draft, report }) => {
  if (draft.secrets?.provider !== 'azure-key-vault') return;
  const check = (path: string[], name: string | undefined) => {
    if (name !== undefined && !/^[A-Za-z0-9-]+$/.test(name)) {
      report(
        path,
        'found the name of a secret that Azure Key Vault cannot hold, expected letters, digits and dashes',
      );
    }
  };
  for (const [name, { password, environment }] of Object.entries(draft.repositories)) {
    check(['repositories', name, 'password'], password);
    for (const [key, value] of Object.entries(environment ?? {})) {
      if (typeof value === 'string') check(['repositories', name, 'environment', key], value);
    }
  }
  for (const [name, { secrets }] of Object.entries(draft.remotes)) {
    for (const [key, value] of Object.entries(secrets ?? {})) check(['remotes', name, 'secrets', key], value);
  }
  for (const [name, { smbPassword }] of Object.entries(draft.devices))
    check(['devices', name, 'smbPassword'], smbPassword);
  for (const [file, { variables }] of Object.entries(draft.secrets.files)) {
    for (const [key, value] of Object.entries(variables))
      check(['secrets', 'files', file, 'variables', key], value);
  }
};

const SECRET_SETTINGS = new Set([
  'key',
  'pass',
  'password',
  'secret_access_key',
  'token',
  'client_secret',
  'sas_url',
  'access_token',
]);

/** A setting of a remote is secret or not, and what rclone calls secret is. */
export const remoteSettings: Rule = ({ draft, reportKey }) => {
  for (const [name, { options, secrets }] of Object.entries(draft.remotes)) {
    for (const key of Object.keys(options ?? {})) {
      const path = ['remotes', name, 'options', key];
      if (secrets && Object.hasOwn(secrets, key))
        reportKey(path, `found ${showText(key)} in options and in secrets, expected it in one`);
      else if (SECRET_SETTINGS.has(key))
        reportKey(
          path,
          `found ${showText(key)} in options, expected it in secrets, with the name of a secret`,
        );
    }
  }
};
