import type { Asked } from "./types.ts";

/** Forked within the window, and no end was reported. Where events were lost, ends may be among them: others must agree. */
export const byEvents: Asked = {
  witness: "events",
  ask: ({ events }) => events?.keys() ?? "there are no kernel events that number processes as /proc does",
};
