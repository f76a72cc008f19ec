import type { ToolName } from '../tools-known.js';

/** Operating system and processor as the makers of the tools call them. */
export interface Platform {
  os: 'linux' | 'darwin';
  arch: 'amd64' | 'arm64';
}

/** A published release: an archive for each platform, and a file with the SHA-256 of each. */
export interface Release {
  version: string;
  /** URL of the folder that holds the files. */
  base: string;
  checksums: string;
  asset: (platform: Platform) => string;
  packing: 'bz2' | 'zip' | 'tar.gz';
}

/** What `go install` builds; `stamp` is the linker's `variable=value` by which the result tells its version. */
export interface GoPackage {
  package: string;
  version: string;
  stamp: string;
}

/** A package of a Debian suite whose program runs on other suites too. */
export interface DebianPackage {
  suite: string;
  package: string;
}

/** The ways to one tool, best first. */
export interface Source {
  release?: Release;
  go?: GoPackage;
  debian?: DebianPackage;
}

/** The versions this product was tried with. */
const PINNED = { restic: '0.18.0', rclone: '1.71.2', temporal: '1.5.1' } as const;

export const CATALOGUE = {
  restic: {
    release: {
      version: PINNED.restic,
      base: `https://github.com/restic/restic/releases/download/v${PINNED.restic}`,
      checksums: 'SHA256SUMS',
      asset: ({ os, arch }) => `restic_${PINNED.restic}_${os}_${arch}.bz2`,
      packing: 'bz2',
    },
    debian: { suite: 'trixie', package: 'restic' },
  },
  rclone: {
    release: {
      version: PINNED.rclone,
      base: `https://downloads.rclone.org/v${PINNED.rclone}`,
      checksums: 'SHA256SUMS',
      asset: ({ os, arch }) => `rclone-v${PINNED.rclone}-${os === 'darwin' ? 'osx' : os}-${arch}.zip`,
      packing: 'zip',
    },
    go: {
      package: 'github.com/rclone/rclone',
      version: `v${PINNED.rclone}`,
      stamp: `github.com/rclone/rclone/fs.Version=v${PINNED.rclone}`,
    },
  },
  temporal: {
    release: {
      version: PINNED.temporal,
      base: `https://github.com/temporalio/cli/releases/download/v${PINNED.temporal}`,
      checksums: 'checksums.txt',
      asset: ({ os, arch }) => `temporal_cli_${PINNED.temporal}_${os}_${arch}.tar.gz`,
      packing: 'tar.gz',
    },
    go: {
      package: 'github.com/temporalio/cli/cmd/temporal',
      version: `v${PINNED.temporal}`,
      stamp: `github.com/temporalio/cli/temporalcli.Version=${PINNED.temporal}`,
    },
  },
  getfattr: { debian: { suite: 'bookworm', package: 'attr' } },
  setfattr: { debian: { suite: 'bookworm', package: 'attr' } },
} as const satisfies Record<ToolName, Source>;

/** What this machine is; undefined where the tools have no release. */
export function thisPlatform(
  platform: string = process.platform,
  architecture: string = process.arch,
): Platform | undefined {
  const os = platform === 'linux' || platform === 'darwin' ? platform : undefined;
  const arch = architecture === 'x64' ? 'amd64' : architecture === 'arm64' ? 'arm64' : undefined;
  return os && arch && { os, arch };
}
