import { posix, win32 } from 'node:path';
import { nearest } from './suggest.js';

const SCHEMES = ['local', 'sftp', 'rest', 's3', 'gs', 'swift', 'azure', 'b2', 'rclone'];

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Says what was expected if `url` is no place that restic knows, or holds a password. */
export function urlProblem(url: string): string | undefined {
  if (url === '' || CONTROL.test(url)) return "restic's name of a repository, such as b2:bucket:path";
  if (holdsCredentials(url)) {
    return 'a url without credentials: put them into environment (RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)';
  }
  const local = localPath(url);
  if (local !== undefined) {
    if (!posix.isAbsolute(local) && !win32.isAbsolute(local))
      return 'an absolute path, or volume and path in place of url';
    return local.split(/[/\\]/).includes('..') ? 'a path without ".."' : undefined;
  }
  const scheme = /^[^:]*/.exec(url)?.[0] ?? '';
  if (SCHEMES.includes(scheme))
    return url.length > scheme.length + 1 ? undefined : `a place after "${scheme}:"`;
  const close = nearest(scheme, SCHEMES);
  return `a url that begins with ${SCHEMES.join(':, ')}:${close === undefined ? '' : `; did you mean ${close}:?`}`;
}

/** The path of a url that is a folder on the host's own disks. */
export function localPath(url: string): string | undefined {
  if (url.startsWith('local:')) return url.slice('local:'.length);
  return url.includes(':') && !win32.isAbsolute(url) ? undefined : url;
}

const CREDENTIALS = [
  /:\/\/[^/@]*:(?!\d+(?:\/|$))[^@]*@/, // scheme://user:password@host
  /^[a-z0-9]+:[^/@:]+:[^/@]+@/, // sftp:user:password@host
  /[,:](?:key|pass|password|secret_access_key|token)=/, // rclone:b2,key=…:bucket
];

/** Whether a password or key is written into the url. */
export const holdsCredentials = (url: string): boolean => CREDENTIALS.some((pattern) => pattern.test(url));
