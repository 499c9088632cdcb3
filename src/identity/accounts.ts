import { fromBytes, type Untrusted } from "../model/text.ts";
import type { Root } from "../platform/root.ts";

const LARGEST = 16 << 20;

/** Names and numbers of the users and groups of one root, by its own /etc/passwd and /etc/group, read when first asked. */
export class Accounts {
  readonly #root: Root;
  readonly #read = new Map<string, { numbers: Map<Untrusted, number>; names: Map<number, Untrusted> }>();

  constructor(root: Root) {
    this.#root = root;
  }

  /** Number of a user (`root`, `#104`); null: no such name here. */
  uid(user: string): number | null {
    return this.#number("/etc/passwd", user);
  }

  gid(group: string): number | null {
    return this.#number("/etc/group", group);
  }

  /** `root:shadow`, with numbers where there is no name. */
  text(uid: number, gid: number): Untrusted {
    return `${this.#table("/etc/passwd").names.get(uid) ?? uid}:${this.#table("/etc/group").names.get(gid) ?? gid}`;
  }

  #number(file: string, name: string): number | null {
    if (/^#\d+$/.test(name)) return Number(name.slice(1));
    // Of every system, also of one whose file of users is not there.
    if (name === "root") return 0;
    return this.#table(file).numbers.get(name) ?? null;
  }

  /** Lines of `name:password:number:…` (passwd(5), group(5)); the first of a name or number counts, as for getpwnam(3). */
  #table(file: string): { numbers: Map<Untrusted, number>; names: Map<number, Untrusted> } {
    const known = this.#read.get(file);
    if (known !== undefined) return known;
    const table = { numbers: new Map<Untrusted, number>(), names: new Map<number, Untrusted>() };
    this.#read.set(file, table);
    for (const line of contentOf(this.#root, file).split("\n")) {
      const [name = "", , number = ""] = line.split(":");
      if (name === "" || !/^\d{1,10}$/.test(number)) continue;
      if (!table.numbers.has(name)) table.numbers.set(name, Number(number));
      if (!table.names.has(Number(number))) table.names.set(Number(number), name);
    }
    return table;
  }
}

function contentOf(root: Root, file: string): Untrusted {
  try {
    return fromBytes(root.read(file, LARGEST) ?? new Uint8Array());
  } catch {
    // Not readable: names stay unknown, and nothing is said of what is recorded by name.
    return "";
  }
}
