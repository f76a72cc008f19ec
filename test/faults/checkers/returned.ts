import type { Sense } from '../observer.js';
import { transfersIn } from '../senses.js';
import type { World } from '../world.js';
import type { Holdings } from './mirror.js';

/**
 * Files that came back into the source, of those that a plan wants deleted. One that is back before the run's last
 * upload began is there when the run looks for the last time, and must never be out of sight at the remote.
 */
export class Returned {
  readonly names = new Set<string>();
  readonly #world: World;
  readonly #holdings: (world: World) => Promise<Holdings>;
  /** Back, visible at the remote, and nothing is being deleted: whether an upload or a deletion comes next decides. */
  readonly #open = new Set<string>();
  readonly #stays = new Set<string>();
  /** rclone processes that were seen before. */
  readonly #seen = new Set<number>();

  constructor(world: World, holdings: (world: World) => Promise<Holdings>) {
    this.#world = world;
    this.#holdings = holdings;
  }

  /** Below the source's `data`. */
  readonly cameBack = async (name: string): Promise<void> => {
    const running = transfersIn(this.#world);
    for (const { pid } of running) this.#seen.add(pid);
    if (running.some(({ command }) => command === 'delete')) return;
    const { visible } = await this.#holdings(this.#world);
    if (!visible.has(`data/${name}`)) return;
    if (running.length > 0) this.#stays.add(`data/${name}`);
    else this.#open.add(`data/${name}`);
  };

  /** Looks what rclone does; tells nothing. */
  readonly sense: Sense = () => {
    for (const { pid, command } of transfersIn(this.#world)) {
      if (this.#seen.has(pid)) continue;
      this.#seen.add(pid);
      if (command === 'copy') for (const name of this.#open) this.#stays.add(name);
      this.#open.clear();
    }
    return [];
  };

  /** Whether a name may go, by what is known now. */
  mayGo(name: string): boolean {
    return !this.#stays.has(name);
  }
}
