import { createFamily, type Family } from "./family.ts";
import type { Image } from "./image.ts";

/** Interns families by (spawner's program → program), in bounded number. */
export class Families {
  readonly #bySpawner = new Map<Image | null, Map<Image, Family>>();
  readonly all: Family[] = [];
  readonly #overflow: (image: Image) => Family;

  constructor(other: Image) {
    let shared: Family | null = null;
    this.#overflow = () => {
      if (shared === null) this.all.push((shared = createFamily(other, null)));
      return shared;
    };
  }

  of(spawner: Image | null, image: Image): Family {
    let inner = this.#bySpawner.get(spawner);
    if (inner === undefined) this.#bySpawner.set(spawner, (inner = new Map()));
    const known = inner.get(image);
    if (known !== undefined) return known;
    if (this.all.length >= MAX_FAMILIES) return this.#overflow(image);
    const family = createFamily(image, spawner);
    inner.set(image, family);
    this.all.push(family);
    return family;
  }
}

const MAX_FAMILIES = 16_384;
