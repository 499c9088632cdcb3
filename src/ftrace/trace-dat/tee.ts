import type { PageLayout } from "../header-page.ts";
import type { PageReading } from "../page.ts";
import type { TraceDescription } from "./head.ts";

/** Gets the raw pages of a running trace as they are read, so that they can be kept without a second capture. */
export interface PageTee {
  /** Before the first page. */
  begin(description: TraceDescription, layout: PageLayout): void;
  /** A page as the kernel gave it, valid only during the call, and what reading it told. */
  page(cpu: number, page: Uint8Array, reading: PageReading): void;
  /** After the last page: content of per_cpu/cpuN/stats by CPU. */
  end(stats: ReadonlyMap<number, string>): void;
}
