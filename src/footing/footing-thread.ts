import type { Footing } from "../model/footing.ts";
import type { Untrusted } from "../model/text.ts";
import { AnsweringThread } from "../platform/answering-thread.ts";
import type { FootingTask } from "./messages.ts";

/** Looks at the footing of this host while another thread does something else. */
export type FootingThread = AnsweringThread<FootingTask, Footing>;

/** @param script path of this program's main file */
export function footingThread(script: Untrusted): FootingThread {
  return new AnsweringThread(new URL("./footing-thread.js", import.meta.url), { script });
}
