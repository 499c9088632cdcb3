import type { Family } from "./family.ts";
import type { Image } from "./image.ts";
import type { Lives } from "./lives.ts";

/** Forgets families that `idle` names and nobody living belongs to, and the programs that only they had. */
export function forgetIdle(lives: Lives, idle: (family: Family) => boolean): void {
  const families = new Set<Family>();
  const images = new Set<Image>([lives.images.other]);
  for (const { family, image } of lives.living()) {
    families.add(family);
    images.add(image);
  }
  lives.families.retain((family) => families.has(family) || !idle(family));
  for (const { image, spawnerImage, elsewhere } of lives.families.all)
    for (const one of [image, spawnerImage, elsewhere]) if (one !== null) images.add(one);
  // An unseen program is told by who starts it.
  for (const { unseenChildOf } of images) if (unseenChildOf !== null) images.add(unseenChildOf);
  lives.images.retain(images);
}
