import type { Root } from "../platform/root.ts";
import { type DigestCache, sampleOf } from "./digest-cache.ts";
import { HashingThreads } from "./hashing-threads.ts";
import type { Item, Looked } from "./item.ts";
import type { HashAnswer } from "./messages.ts";
import type { Verification } from "./result.ts";

/** What is counted meanwhile, in the result itself. */
export type Counts = Pick<Verification, "fromCache" | "computedAgain" | "bytesRead" | "cacheProblem">;

/** Items of one inode and one algorithm: read once. */
interface Group {
  items: Item[];
  /** Whether `hex` or `error` of its items is final. */
  answered: boolean;
}

/** Files that are gathered before they are read in the order of their inodes, which is about that of the disk. */
const A_WINDOW = 1024;

/**
 * Gives each item its digest: from the cache, or by reading it, which begins while more items are gathered. Of what the
 * cache knows a part is computed again, and when that is wrong, all of it.
 */
export class DigestsOfItems {
  readonly #root: Root;
  readonly #cache: DigestCache | null;
  readonly #counts: Counts;
  readonly #signal: AbortSignal;
  readonly #progress: (done: number, of: number) => void;
  readonly #groups = new Map<string, Group>();
  readonly #known: Group[] = [];
  /** Those handed out to be read; a task's id is its place here. */
  readonly #begun: Group[] = [];
  #window: Group[] = [];
  #threads: HashingThreads;
  #done = 0;

  constructor(
    root: Root,
    cache: DigestCache | null,
    counts: Counts,
    { signal, progress }: { signal: AbortSignal; progress: (done: number, of: number) => void },
  ) {
    this.#root = root;
    this.#cache = cache;
    this.#counts = counts;
    this.#signal = signal;
    this.#progress = progress;
    this.#threads = this.#newThreads();
  }

  add(item: Item): void {
    if (item.stat === null) return;
    const { inode, stamp } = item.stat;
    const { algorithm } = item.shipped;
    const key = `${inode}:${algorithm}`;
    const before = this.#groups.get(key);
    if (before !== undefined) {
      const [first] = before.items as [Item];
      [item.hex, item.error] = [first.hex, first.error];
      before.items.push(item);
      return;
    }
    const group: Group = { items: [item], answered: false };
    this.#groups.set(key, group);
    const hex = this.#cache?.get(stamp, algorithm) ?? null;
    if (hex === null) {
      this.#window.push(group);
      if (this.#window.length === A_WINDOW) this.#flush();
      return;
    }
    item.hex = hex;
    group.answered = true;
    this.#known.push(group);
    this.#done++;
  }

  /** How many of the items so far have their digest: given to the user now and then. */
  tell(): void {
    this.#progress(this.#done, this.#groups.size);
  }

  /** Ends when all are read, or the signal was given. Gives the items that an interruption left without an answer. */
  async finish(): Promise<Set<Item>> {
    const again = [...sampleOf(this.#known.length)].map((index) => this.#known[index] as Group);
    const remembered = new Map(again.map((group) => [group, group.items[0]?.hex]));
    this.#window.push(...again);
    this.#flush();
    await this.#threads.finish();
    this.#counts.fromCache = this.#known.length;
    this.#counts.computedAgain = again.length;
    const wrong = [...remembered].some(
      ([
        {
          items: [first],
        },
        hex,
      ]) => first?.hex != null && first.hex !== hex,
    );
    if (wrong) {
      this.#counts.cacheProblem = "contradicted";
      this.#counts.fromCache = 0;
      this.#cache?.distrust();
      this.#threads = this.#newThreads();
      this.#window.push(...this.#known.filter((group) => !remembered.has(group)));
      this.#flush();
      await this.#threads.finish();
    }
    const left = new Set<Item>();
    for (const { answered, items } of this.#groups.values()) {
      if (!answered) for (const item of items) left.add(item);
    }
    return left;
  }

  #newThreads(): HashingThreads {
    return new HashingThreads((answer) => this.#take(answer), this.#signal);
  }

  #flush(): void {
    const number = ({ items: [first] }: Group): number => first?.stat?.number ?? 0;
    for (const group of this.#window.sort((a, b) => number(a) - number(b))) {
      const [first] = group.items as [Item];
      // What was remembered is no answer where it should have been computed again.
      if (group.answered) this.#done--;
      group.answered = false;
      for (const item of group.items) item.hex = null;
      const { inode } = first.stat as Looked;
      const path = this.#root.hostPath(first.real);
      this.#threads.add({ id: this.#begun.length, path, inode, algorithm: first.shipped.algorithm });
      this.#begun.push(group);
    }
    this.#window = [];
  }

  #take({ id, bytes, hex, stamp, error }: HashAnswer): void {
    const group = this.#begun[id] as Group;
    for (const item of group.items) [item.hex, item.error] = [hex, error];
    group.answered = true;
    this.#counts.bytesRead += bytes;
    const [first] = group.items as [Item];
    if (stamp !== null && hex !== null) this.#cache?.set(stamp, first.shipped.algorithm, hex, now());
    if (++this.#done % 256 === 0) this.tell();
  }
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
