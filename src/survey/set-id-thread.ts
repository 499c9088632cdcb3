import { AnsweringThread } from "../platform/answering-thread.ts";
import type { SetIdSearch, SetIdTask } from "./set-id.ts";

/**
 * Looks for set-id programs while another thread reads package databases and files.
 * @param progress told how many directories were looked through
 */
export function setIdThread(
  task: SetIdTask,
  progress: (directories: number) => void,
): AnsweringThread<SetIdTask, SetIdSearch> {
  return new AnsweringThread(new URL("./set-id-thread.js", import.meta.url), task, progress);
}
