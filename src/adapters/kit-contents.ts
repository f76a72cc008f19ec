import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { KitManifest } from '../domain/kit.js';
import { UsageError } from '../domain/usage-error.js';
import type { LoadedEstate } from '../estate/load.js';
import { kitReadme } from './kit-readme.js';
import { type Secrets, remoteSettings, repositorySettings } from './kit-settings.js';
import { type ArchivedFile, packTar, unpackTar } from './tar.js';

const MANIFEST = 'kit.json';

const Manifest: z.ZodType<KitManifest> = z.object({
  kit: z.literal(1),
  estate: z.string(),
  machine: z.string(),
  writtenAt: z.iso.datetime(),
  secrets: z.array(z.string()),
  missing: z.array(z.object({ secret: z.string(), neededBy: z.array(z.string()) })),
  repositories: z.array(z.string()),
  remotes: z.array(z.string()),
});

/** The archive of a kit, not encrypted: it holds the secrets, and is for memory only. */
export async function packKit(
  loaded: LoadedEstate,
  manifest: KitManifest,
  secrets: Secrets,
): Promise<Uint8Array> {
  const { estate, file } = loaded;
  const of = (folder: string, settings: typeof repositorySettings) => (name: string) =>
    settings(loaded, name, secrets).then((content): ArchivedFile => ({
      name: `${folder}/${name}.env`,
      content,
    }));
  const files = [
    { name: 'README.txt', content: kitReadme(manifest, estate) },
    { name: MANIFEST, content: `${JSON.stringify(manifest, null, 2)}\n` },
    { name: 'estate.yaml', content: await readFile(file, 'utf8') },
    { name: 'secrets.yaml', content: stringify(Object.fromEntries(secrets)) },
    ...(await Promise.all(manifest.repositories.map(of('repositories', repositorySettings)))),
    ...(await Promise.all(manifest.remotes.map(of('remotes', remoteSettings)))),
  ];
  return packTar(files, Math.floor(Date.parse(manifest.writtenAt) / 1000));
}

/** What a decrypted kit says of itself, and the names of its files. Throws `UsageError` for what is none. */
export function readKit(archive: Uint8Array): { manifest: KitManifest; files: string[] } {
  const files = unpackTar(archive);
  const content = files?.find(({ name }) => name === MANIFEST)?.content;
  const parsed = Manifest.safeParse(content === undefined ? undefined : parseJson(content));
  if (!files || !parsed.success) throw new UsageError('that opens, and is no recovery kit of this product’s');
  return { manifest: parsed.data, files: files.map(({ name }) => name) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
