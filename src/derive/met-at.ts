import type { ImageEvent } from "../model/events.ts";
import { noteStart } from "./family.ts";
import type { Families } from "./families.ts";
import type { Image, Images, Place } from "./image.ts";
import { MAX_MOVED, type Life } from "./life.ts";

type Tables = { readonly images: Images; readonly families: Families };

/**
 * A process was met at a place. Where none of its program was ever met where they were thought to be, all of them are
 * there. Otherwise only this one is, and what it has forked last, and what its starter starts from now on: a process
 * enters a container before the exec, and the container's program may bear the name of one outside.
 */
export function metAt(life: Life, place: Place, { exe, comm }: ImageEvent, { images, families }: Tables): void {
  const image = life.image;
  if (image === images.other) return;
  const elsewhere = image.place !== place;
  if (elsewhere && image.met) {
    const there = images.byExe(exe, comm, place);
    there.met = true;
    if (life.counted && !life.isReplica) life.family.elsewhere = there;
    moveLine(life, there, families);
    return;
  }
  image.met = true;
  life.family.elsewhere = null;
  if (!elsewhere) return;
  images.move(image, place);
  if (image.exe !== null || image.unseenChildOf !== null) return;
  images.name(image, exe);
  // The program is known there already: from now on this line goes on as that one. What it counted joins it in the end.
  const known = images.byExe(exe, comm, place);
  if (known !== image && known.met) moveLine(life, known, families);
}

/** A life and what it and its descendants have forked last. */
function moveLine(life: Life, image: Image, families: Families): void {
  const from = life.image;
  let one: Life | null = life;
  for (let links = 0; one !== null && one.image === from && links < MAX_MOVED; links++) {
    move(one, image, families);
    one = one.lastChild;
  }
}

/** A life belongs to another program than was thought: its count goes with it. */
function move(life: Life, image: Image, families: Families): void {
  const from = life.family;
  const to = families.of(from.spawnerImage, image);
  life.image = image;
  life.family = to;
  if (!life.counted) return;
  from.alive--;
  const kind = life.isReplica ? "replicas" : "spawned";
  from[kind]--;
  to[kind]++;
  if (life.isReplica && life.inferred) {
    from.inferred--;
    to.inferred++;
  }
  if (life.isReplica && life.generation + 1 > to.depth) to.depth = life.generation + 1;
  if (!life.isReplica && from.spawnerImage !== null)
    to.spawners.add(life.parentId, { life: life.parentId, pid: life.parentPid, image: from.spawnerImage });
  noteStart(to, life.start as number);
}
