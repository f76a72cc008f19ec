import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa, ExecaError } from 'execa';
import type { DebianPackage } from './catalogue.js';
import { WayClosed } from './problem.js';
import type { ToolName } from '../tools-known.js';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const ARCHIVES_TRIED = 3;

/**
 * Takes `name` out of a Debian package of another suite and returns the program's path. The archive is the one that
 * this machine's own apt uses, its signature is checked against Debian's keyring, nothing is installed, and no root is
 * needed: lists, cache and package stay below `folder`.
 */
export async function takeFromDebian(
  name: ToolName,
  source: DebianPackage,
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  await access(KEYRING).catch(() => {
    throw new WayClosed(`this is not Debian (no ${KEYRING})`);
  });
  const apt = new PrivateApt(folder, environment);
  const archives = await apt.archives();
  if (archives.length === 0) throw new WayClosed('apt has no archive configured');
  const problems: string[] = [];
  for (const archive of archives.slice(0, ARCHIVES_TRIED)) {
    try {
      return path.join(await apt.unpack(archive, source), 'usr', 'bin', name);
    } catch (error) {
      if (!(error instanceof ExecaError)) throw error;
      problems.push(`${archive}: ${lastLine(error)}`);
    }
  }
  throw new WayClosed(problems.join('; '));
}

/** apt with lists, cache and sources of its own, and the machine's settings for all else (proxies above all). */
class PrivateApt {
  constructor(
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Archives this machine's apt uses, the one of its own suite first. Known even where the lists were removed. */
  async archives(): Promise<string[]> {
    const { stdout } = await this.run('apt-get', ['update', '--print-uris']).catch((error: unknown) => {
      if (error instanceof ExecaError) throw new WayClosed(`apt: ${lastLine(error)}`);
      throw error;
    });
    const codename = /^VERSION_CODENAME=(\w+)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
    const found = [...stdout.matchAll(/^'(.+)\/dists\/([^/]+)\/InRelease'/gm)];
    const own = found.filter(([, , suite]) => suite === codename);
    const others = found.filter(([, , suite]) => suite !== codename && !suite?.includes('-'));
    return [...new Set([...own, ...others].flatMap(([, archive]) => archive ?? []))];
  }

  /** Downloads and unpacks a package; returns the root of what was in it. */
  async unpack(archive: string, { suite, package: name }: DebianPackage): Promise<string> {
    const options = await this.privateOptions(`deb [signed-by=${KEYRING}] ${archive} ${suite} main\n`);
    await this.run('apt-get', [...options, 'update']);
    await this.run('apt-get', [...options, 'download', name]);
    const file = (await readdir(this.folder)).find((entry) => entry.endsWith('.deb'));
    const root = path.join(this.folder, 'root');
    await this.run('dpkg-deb', ['-x', path.join(this.folder, file ?? ''), root]);
    return root;
  }

  private async privateOptions(sources: string): Promise<string[]> {
    const at = (...parts: string[]): string => path.join(this.folder, ...parts);
    for (const directory of ['state', 'cache']) await mkdir(at(directory, 'partial'), { recursive: true });
    await writeFile(at('sources.list'), sources);
    await writeFile(at('status'), '');
    const settings = [
      `Dir::Etc::SourceList=${at('sources.list')}`,
      'Dir::Etc::SourceParts=/dev/null',
      `Dir::State=${at('state')}`,
      `Dir::State::Lists=${at('state')}`,
      `Dir::State::Status=${at('status')}`,
      `Dir::Cache=${at('cache')}`,
      `Dir::Cache::Archives=${at('cache')}`,
      'Acquire::Languages=none',
      'APT::Update::Error-Mode=any',
      'APT::Sandbox::User=root',
    ];
    return settings.flatMap((setting) => ['-o', setting]);
  }

  private run(file: string, args: string[]): Promise<{ stdout: string }> {
    const environment = { ...this.environment, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
    return execa(file, args, { cwd: this.folder, env: environment, extendEnv: false, stdin: 'ignore' });
  }
}

function lastLine({ stderr, shortMessage }: Pick<ExecaError, 'stderr' | 'shortMessage'>): string {
  return (typeof stderr === 'string' && stderr.trim().split('\n').at(-1)) || shortMessage;
}
