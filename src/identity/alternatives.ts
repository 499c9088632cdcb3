import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";
import type { Alternative } from "./package-database.ts";

/** Links and choices of one alternative, as its file in the admin directory registers them. */
interface Registration {
  /** Public link to name in /etc/alternatives: the master link and its slaves. */
  links: Map<Untrusted, Untrusted>;
  /** Name in /etc/alternatives to the targets it may have. */
  targets: Map<Untrusted, Set<Untrusted>>;
}

const LINKS = "/etc/alternatives/";

/** Looks up links of update-alternatives(1) in its admin directory, which is read at the first question. */
export class Alternatives {
  readonly damaged: Untrusted[] = [];
  readonly #root: Root;
  readonly #admin: string;
  #links: Map<Untrusted, { name: Untrusted; targets: Set<Untrusted> }> | null = null;

  /** `admin`: /var/lib/dpkg/alternatives of Debian, /var/lib/alternatives of chkconfig and others. */
  constructor(root: Root, admin: string) {
    this.#root = root;
    this.#admin = admin;
  }

  /** The alternative that the link at this canonical path belongs to; null for anything else than such a link. */
  of(entry: Untrusted): Alternative | null {
    const middle = this.#root.readlink(entry);
    if (middle === null || !middle.startsWith(LINKS)) return null;
    const target = this.#root.readlink(middle);
    if (target === null) return null;
    const name = middle.slice(LINKS.length);
    const known = this.#registered().get(entry);
    return { name, target, registered: known?.name === name && known.targets.has(target) };
  }

  #registered(): Map<Untrusted, { name: Untrusted; targets: Set<Untrusted> }> {
    if (this.#links !== null) return this.#links;
    this.#links = new Map();
    for (const name of this.#root.list(this.#admin) ?? []) {
      const content = this.#root.read(`${this.#admin}/${name}`);
      const registration = content === null ? null : readAlternative(name, content);
      if (registration === null) {
        this.damaged.push(`${this.#admin}/${name}`);
        continue;
      }
      for (const [link, alternative] of registration.links) {
        const targets = registration.targets.get(alternative) ?? new Set<Untrusted>();
        this.#links.set(this.#root.canonical(link) ?? link, { name: alternative, targets });
      }
    }
    return this.#links;
  }
}

/**
 * Reads one admin file: mode, master link, pairs of slave name and slave link, an empty line; then for each choice its
 * path, its priority and one line for every slave (empty: none); an empty line (dpkg's utils/update-alternatives.c,
 * alternative_load). Null when it is not of this form.
 */
export function readAlternative(name: Untrusted, content: Uint8Array): Registration | null {
  const lines = fromBytes(content).split("\n");
  if (lines[0] !== "auto" && lines[0] !== "manual") return null;
  const masterLink = lines[1];
  if (masterLink === undefined || !masterLink.startsWith("/")) return null;
  const links = new Map([[masterLink, name]]);
  const targets = new Map([[name, new Set<Untrusted>()]]);
  const slaves: Untrusted[] = [];
  let at = 2;
  for (; at < lines.length && lines[at] !== ""; at += 2) {
    const slave = lines[at] as Untrusted;
    slaves.push(slave);
    links.set(lines[at + 1] ?? "", slave);
    targets.set(slave, new Set());
  }
  for (at++; at < lines.length && lines[at] !== ""; at += 2 + slaves.length) {
    targets.get(name)?.add(lines[at] as Untrusted);
    for (const [k, slave] of slaves.entries()) {
      const target = lines[at + 2 + k];
      if (target) targets.get(slave)?.add(target);
    }
  }
  return { links, targets };
}
