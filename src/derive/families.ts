import { createFamily, type Family } from "./family.ts";
import type { Image } from "./image.ts";

/** Interns families by (spawner's program → program), in bounded number. */
export class Families {
  readonly #bySpawner = new Map<Image | null, Map<Image, Family>>();
  all: Family[] = [];
  readonly #other: Image;
  readonly #limit: number;
  #shared: Family | null = null;

  /** Beyond `limit` all further families share one, of the image `other`. */
  constructor(other: Image, limit: number = MAX_FAMILIES) {
    this.#other = other;
    this.#limit = limit;
  }

  of(spawner: Image | null, image: Image): Family {
    let inner = this.#bySpawner.get(spawner);
    if (inner === undefined) this.#bySpawner.set(spawner, (inner = new Map()));
    const known = inner.get(image);
    if (known !== undefined) return known;
    if (this.all.length >= this.#limit) return this.#overflow();
    const family = createFamily(image, spawner);
    inner.set(image, family);
    this.all.push(family);
    return family;
  }

  /** Forgets those that `keep` refuses, so that their places are free again. */
  retain(keep: (family: Family) => boolean): void {
    this.all = this.all.filter((family) => {
      if (family === this.#shared || keep(family)) return true;
      const inner = this.#bySpawner.get(family.spawnerImage);
      inner?.delete(family.image);
      if (inner?.size === 0) this.#bySpawner.delete(family.spawnerImage);
      return false;
    });
  }

  #overflow(): Family {
    if (this.#shared === null) this.all.push((this.#shared = createFamily(this.#other, null)));
    return this.#shared;
  }
}

const MAX_FAMILIES = 16_384;
