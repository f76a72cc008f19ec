import { FtsError } from '../../domain/failures.js';
import type { LoadedEstate } from '../../estate/load.js';
import { volumeRoot } from '../../estate/lookup.js';
import type { Volume } from '../../estate/schema.js';

/** A declared volume and where its root is (absolute). Fails with `UnknownVolume`. */
export function volumePlace(loaded: LoadedEstate, volume: string): { declared: Volume; mountpoint: string } {
  const { volumes } = loaded.estate;
  const declared = Object.hasOwn(volumes, volume) ? volumes[volume] : undefined;
  if (declared === undefined) throw new FtsError('UnknownVolume', `the estate declares no volume ${volume}`);
  return { declared, mountpoint: volumeRoot(loaded, volume) };
}
