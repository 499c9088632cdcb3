import type { EventSink } from "../model/events.ts";
import { createFamily, mergeFamily, starts, type Family } from "./family.ts";
import type { Image, Images, Place } from "./image.ts";
import { Lives } from "./lives.ts";
import { RateBins } from "./rates.ts";
import { Reapers, type Reaper } from "./reapers.ts";

/** What one pass over the events of a stream yields. Counts of processes only; threads apart. */
export interface Derived {
  /** Events seen, and the time from the first to the last, ns. */
  events: number;
  firstTs: number;
  lastTs: number;
  forks: number;
  execs: number;
  failedExecs: number;
  failedForks: number;
  exits: number;
  threads: number;
  /** Forks a second in the busiest second. */
  peakForksPerSecond: number;
  /** One entry for each (program → program), those under two names joined; the most starts first. */
  families: Family[];
  /** The process that was handed the most dead children; null where no source tells. */
  reaper: Reaper | null;
  /** All that were handed dead children, the busiest first. */
  reapers: readonly Reaper[];
  /** Unit → starts and failures that a service manager reported. */
  services: Map<string, { starts: number; stops: number; failures: number }>;
}

/** Takes events in time order, once. Memory is bounded by the living and by the number of different programs. */
export interface Derivation {
  readonly onEvent: EventSink;
  /** The sums so far; cheap enough to be asked ten times a second. */
  peek(): Derived;
  finish(): Derived;
}

export function createDerivation(): Derivation {
  const lives = new Lives();
  const bins = new RateBins();
  const reapers = new Reapers();
  const services: Derived["services"] = new Map();
  const sums = {
    events: 0,
    firstTs: 0,
    lastTs: 0,
    forks: 0,
    execs: 0,
    failedExecs: 0,
    failedForks: 0,
    exits: 0,
    threads: 0,
  };

  function onService(unit: string, action: "start" | "stop", ok: boolean): void {
    let service = services.get(unit);
    if (service === undefined) {
      if (services.size >= MAX_SERVICES) return;
      services.set(unit, (service = { starts: 0, stops: 0, failures: 0 }));
    }
    if (action === "start") service.starts++;
    else service.stops++;
    if (!ok) service.failures++;
  }

  return {
    onEvent(event) {
      if (sums.events++ === 0) sums.firstTs = event.ts;
      sums.lastTs = event.ts;
      switch (event.type) {
        case "fork":
          if (event.thread) sums.threads++;
          else {
            sums.forks++;
            bins.add(event.ts);
          }
          lives.onFork(event);
          return;
        case "exec":
          if (event.error === 0) sums.execs++;
          else sums.failedExecs++;
          lives.onExec(event);
          return;
        case "fork-failed":
          sums.failedForks++;
          lives.onForkFailed(event.pid, event.comm, event.ts);
          return;
        case "exit":
          if (!event.thread) sums.exits++;
          lives.onExit(event);
          return;
        case "child-signal":
          lives.onChildSignal(event);
          reapers.add(event);
          return;
        case "seen":
          lives.onSeen(event);
          return;
        case "image":
          lives.onImage(event);
          return;
        case "service":
          onService(event.unit, event.action, event.ok);
      }
    },
    peek() {
      const copyOf = ({ image, spawnerImage }: Family): Family => createFamily(image, spawnerImage);
      return {
        ...sums,
        peakForksPerSecond: 0,
        families: joinByName(lives.families.all, copyOf),
        reaper: null,
        reapers: [],
        services,
      };
    },
    finish() {
      lives.finish(sums.lastTs);
      settlePlaces(lives.families.all, lives.images);
      const ranked = reapers.ranked();
      return {
        ...sums,
        peakForksPerSecond: bins.peakPerSecond(),
        families: joinByName(lives.families.all, (first) => first),
        reaper: ranked[0] ?? null,
        reapers: ranked,
        services,
      };
    },
  };
}

/**
 * Several streams as one. Their processes have nothing to do with each other, so families stay apart; their times do not
 * compare, so the longest stands for all.
 */
export function joinDerived(parts: readonly Derived[]): Derived {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const whole: Derived = { ...createDerivation().finish() };
  for (const part of parts) {
    for (const key of ["events", "forks", "execs", "failedExecs", "failedForks", "exits", "threads"] as const)
      whole[key] += part[key];
    whole.lastTs = Math.max(whole.lastTs, part.lastTs);
    whole.peakForksPerSecond = Math.max(whole.peakForksPerSecond, part.peakForksPerSecond);
    whole.families.push(...part.families);
    if ((part.reaper?.dead ?? 0) > (whole.reaper?.dead ?? 0)) whole.reaper = part.reaper;
    whole.reapers = [...whole.reapers, ...part.reapers];
    for (const [unit, service] of part.services) whole.services.set(unit, service);
  }
  whole.families.sort((a, b) => starts(b) - starts(a));
  return whole;
}

/**
 * Joins families whose programs got the same name in the end: a program is first known by its task name and later by
 * its file, and the members that ran before the window have no spawner while later ones have. `into` gives the family
 * that several are summed up in: the first of them, or another where they are still being counted.
 */
function joinByName(families: readonly Family[], into: (first: Family) => Family): Family[] {
  const groups = new Map<string, Family[]>();
  const ofProgram = new Map<string, { group: Family[]; spawned: number }>();
  for (const family of families) {
    if (family.spawnerImage === null) continue;
    const group = add(groups, `${imageKey(family.spawnerImage)}\0${imageKey(family.image)}`, family);
    const spawned = group.reduce((sum, one) => sum + one.spawned, 0);
    const name = imageKey(family.image);
    const known = ofProgram.get(name);
    if (known === undefined || known.group === group || known.spawned < spawned)
      ofProgram.set(name, { group, spawned });
  }
  for (const family of families) {
    if (family.spawnerImage !== null) continue;
    const home = ofProgram.get(imageKey(family.image));
    if (home === undefined) add(groups, `\0${imageKey(family.image)}`, family);
    else home.group.push(family);
  }
  return [...groups.values()].map((group) => joined(group, into)).sort((a, b) => starts(b) - starts(a));
}

function add(groups: Map<string, Family[]>, key: string, family: Family): Family[] {
  const group = groups.get(key);
  if (group === undefined) {
    const alone = [family];
    groups.set(key, alone);
    return alone;
  }
  group.push(family);
  return group;
}

function joined(group: readonly Family[], into: (first: Family) => Family): Family {
  const [first] = group as [Family];
  if (group.length === 1) return first;
  const whole = into(first);
  for (const family of group) if (family !== whole) mergeFamily(whole, family);
  return whole;
}

/**
 * A program of which nobody knows where it ran is the one of that name that is known, if there is one such only: else it
 * stays apart, because nothing says whose it is.
 */
function settlePlaces(families: readonly Family[], images: Images): void {
  const placesOf = new Map<string, Set<Place>>();
  const unsettled = new Set<Image>();
  for (const image of families.flatMap((family) => [family.image, family.spawnerImage])) {
    if (image === null || image === images.other) continue;
    if (image.place === images.nowhere) unsettled.add(image);
    else {
      const name = imageName(image);
      const places = placesOf.get(name);
      if (places === undefined) placesOf.set(name, new Set([image.place]));
      else places.add(image.place);
    }
  }
  for (const image of unsettled) {
    const [place, another] = placesOf.get(imageName(image)) ?? [];
    if (place !== undefined && another === undefined) images.move(image, place);
  }
}

/** By this two images are the same program: its name, where that name means it, and the script that it runs. */
export function imageKey(image: Image): string {
  const { place, script } = image;
  return script === null ? `${place.id} ${imageName(image)}` : `${place.id} ${imageName(image)}\0${script}`;
}

/**
 * What a program is called: its file, else its task name. Two programs may be called the same (`imageKey`). Unseen
 * programs of different spawners stay apart; what they are called is a key and not for the eye.
 */
export function imageName(image: Family["image"]): string {
  return image.exe ?? (image.unseenChildOf === null ? `(${image.comm})` : `()${image.id}`);
}

const MAX_SERVICES = 4096;
