import { oneOf } from '../issues.js';
import { splitVolumePath } from '../paths.js';
import type { Path, Problem } from '../problem.js';
import { showText } from '../yaml/show.js';
import type { Rule, RuleContext, Section } from './rule.js';

const SINGULAR: Readonly<Record<Section, string>> = {
  hosts: 'host',
  volumes: 'volume',
  shares: 'share',
  repositories: 'repository',
  remotes: 'remote',
};

/** Names listed in a message at most. */
const MOST_LISTED = 8;

/** Every name that refers to an entry refers to one that exists. */
export const references: Rule = (context) => {
  const { draft } = context;
  const refer = (path: Path, name: string | undefined, section: Section) => {
    const problem = dangling(context, name, section);
    if (problem) context.report(path, problem.message, { slip: problem.slip, absence: true });
  };
  const referByKey = (path: Path, name: string, section: Section) => {
    const problem = dangling(context, name, section);
    if (problem) context.reportKey(path, problem.message, { slip: problem.slip, absence: true });
  };
  for (const [name, { host }] of Object.entries(draft.volumes))
    refer(['volumes', name, 'host'], host, 'hosts');
  for (const [name, { volume }] of Object.entries(draft.shares))
    refer(['shares', name, 'volume'], volume, 'volumes');
  for (const [name, { host, volume, remote }] of Object.entries(draft.repositories)) {
    refer(['repositories', name, 'host'], host, 'hosts');
    refer(['repositories', name, 'volume'], volume, 'volumes');
    refer(['repositories', name, 'remote'], remote, 'remotes');
  }
  for (const [name, job] of Object.entries(draft.jobs)) {
    const path = (key: string): Path => ['jobs', name, key];
    if ('volume' in job) refer(path('volume'), job.volume, 'volumes');
    if ('repository' in job) refer(path('repository'), job.repository, 'repositories');
    if ('remote' in job) refer(path('remote'), job.remote, 'remotes');
    if ('from' in job) refer(path('from'), volumeIn(job.from), 'volumes');
    if ('to' in job) refer(path('to'), volumeIn(job.to), 'volumes');
    if ('path' in job) refer(path('path'), volumeIn(job.path), 'volumes');
  }
  for (const [file, { host }] of Object.entries(draft.secrets?.files ?? {})) {
    refer(['secrets', 'files', file, 'host'], host, 'hosts');
  }
  for (const [name, { mounts }] of Object.entries(draft.devices)) {
    referByKey(['devices', name], name, 'hosts');
    for (const [index, mount] of (mounts ?? []).entries())
      refer(['devices', name, 'mounts', index], mount, 'shares');
  }
  for (const name of Object.keys(draft.restoreRoots)) referByKey(['restoreRoots', name], name, 'hosts');
};

function dangling(
  { declared }: RuleContext,
  name: string | undefined,
  section: Section,
): { message: string; slip: NonNullable<Problem['slip']> } | undefined {
  const names = declared(section);
  if (name === undefined || names === undefined || names.has(name)) return undefined;
  const kind = SINGULAR[section];
  const listed = [...names].slice(0, MOST_LISTED);
  if (names.size > MOST_LISTED) listed.push('another');
  const expected = names.size === 0 ? `, but the estate declares none` : `: ${oneOf(listed)}`;
  return {
    message: `found ${showText(name)}, expected the name of a declared ${kind}${expected}`,
    slip: { name, among: names },
  };
}

const volumeIn = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : splitVolumePath(text).volume;
