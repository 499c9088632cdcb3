import { caseFile } from "./case.mjs";
import { respawnLoop } from "./respawn.mjs";

const SECOND_PAGE = "/run/whoforks-lab/second-page";

export default {
  name: "two-at-once",
  about: "the chain of the case and a respawn loop side by side: two storms with two causes",
  // The chain is by far the worse.
  expected: { ...caseFile.expected, others: [respawnLoop.expected] },
  prepare(tools, options) {
    const chain = caseFile.prepare(tools, options);
    const loop = respawnLoop.prepare(tools, options);
    tools.install("superd", respawnLoop.expected.spawner, { defines: { PAGE_PATH: `"${SECOND_PAGE}"` } });
    return {
      ...chain,
      inittab: [...chain.inittab, ...loop.inittab],
      second: { page: SECOND_PAGE, maxStarts: 1, intervalNs: loop.intervalNs, mode: loop.mode },
    };
  },
};
