import { z } from 'zod';
import { formatSize } from '../domain/units.js';
import { plural } from './format.js';

const Unmoved = z.object({ project: z.string(), reason: z.string() });

const GraduationFigures = z.object({
  counts: z.object({ moved: z.number(), kept: z.number(), failed: z.number() }),
  moved: z.array(
    z.object({ project: z.string(), files: z.number(), bytes: z.number(), destination: z.string() }),
  ),
  kept: z.array(Unmoved),
  failed: z.array(Unmoved),
  sources: z.object({ removed: z.number(), waiting: z.number(), kept: z.number() }).optional(),
});

/** What a graduation did, in a few words: `1 project moved, 156 KiB · 12 kept`; undefined for any other result. */
export function graduationText(result: unknown): string | undefined {
  const figures = GraduationFigures.safeParse(result).data;
  if (figures === undefined) return undefined;
  const { counts, moved } = figures;
  const bytes = moved.reduce((sum, project) => sum + project.bytes, 0);
  const isAll = moved.length === counts.moved;
  const size = counts.moved === 0 ? '' : `, ${isAll ? '' : 'over '}${formatSize(bytes)}`;
  const parts = [`${plural(counts.moved, 'project')} moved${size}`, `${String(counts.kept)} kept`];
  if (counts.failed > 0) parts.push(`${String(counts.failed)} failed`);
  return parts.join(' · ');
}

/** Projects that are named in one line; the rest is in the host's report. */
const NAMED_PROJECTS = 5;

/** What a graduation did, for people; undefined for any other result. Kept projects are told by reason. */
export function graduationLines(result: unknown): string[] | undefined {
  const figures = GraduationFigures.safeParse(result).data;
  const text = graduationText(result);
  if (figures === undefined || text === undefined) return undefined;
  const { moved, kept, failed, sources } = figures;
  const removed = sources?.removed ?? 0;
  return [
    text,
    ...moved.slice(0, NAMED_PROJECTS).map(arrival),
    ...byReason(kept).map((line) => `kept, ${line}`),
    ...byReason(failed).map((line) => `failed, ${line}`),
    ...(removed > 0 ? [`${plural(removed, 'hidden source')} deleted, whose time was over`] : []),
  ];
}

const arrival = ({
  project,
  files,
  bytes,
  destination,
}: z.infer<typeof GraduationFigures>['moved'][number]) =>
  `${project} → ${destination}: ${plural(files, 'file')}, ${formatSize(bytes)}`;

function byReason(projects: readonly z.infer<typeof Unmoved>[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { project, reason } of projects) reasons.set(reason, [...(reasons.get(reason) ?? []), project]);
  return [...reasons].map(([reason, names]) => {
    const more = names.length - NAMED_PROJECTS;
    const named = names.slice(0, NAMED_PROJECTS).join(', ');
    return `${reason}: ${named}${more > 0 ? ` and ${String(more)} more` : ''}`;
  });
}
