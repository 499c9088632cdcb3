import { existsSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { enterNamespace } from "./namespace.mjs";
import { enterContainer } from "./nspawn.mjs";
import { mountRoot } from "./overlay.mjs";
import { copyLayer, packageLayer } from "./packages.mjs";
import { PAGE_PATH } from "./page.mjs";
import { exeOf } from "./processes.mjs";
import { rootTools } from "./root-tools.mjs";
import { systemdTree, whyNoSystemd } from "./systemd-tree.mjs";

/** The first one that programs may use: the C library keeps two (signal(7)). */
const SIGRTMIN = 34;
const UNITS = "/etc/systemd/system";
/** The folder of the page, which the host sees though systemd covers /run. */
const SHARED = dirname(PAGE_PATH);

/** What a scenario runs in, by its `system`. Each makes the root of a run (mounted at DIR/root), enters it, and tells whether it is up. */
export const SYSTEMS = {
  /** The host's own files with the lab's packages, and sysvinit over the lines of `facts.inittab`. */
  sysvinit: {
    async root({ dir, scenario }) {
      copyLayer(await packageLayer(scenario.packages), `${dir}/upper`);
      return mountRoot(dir);
    },
    enter({ scenario, options, facts, dir, root, bounds, loginUid }, seconds) {
      const lines = ["id:2:initdefault:", "si::sysinit:/bin/true", ...facts.inittab, ""];
      writeFileSync(`${root}/etc/inittab`, lines.join("\n"));
      return enterNamespace({
        dir,
        command: ["/sbin/init"],
        cgroups: bounds.folders,
        seconds,
        nice: options.nice,
        pidMax: facts.pidMax ?? null,
        loginUid,
        network: scenario.network === true,
      });
    },
    isUp: ({ namespace: { initPid, console } }) =>
      console().includes("Entering runlevel") && exeOf(initPid)?.endsWith("/init"),
  },
  /** A minimal Debian in systemd-nspawn, and systemd over the units that the scenario wrote. */
  systemd: {
    hasOwnCgroups: true,
    async root({ dir, scenario }) {
      const missing = whyNoSystemd();
      if (missing !== null) throw new Error(`lab: ${scenario.name}: systemd cannot be booted here: ${missing}`);
      const root = mountRoot(dir, systemdTree());
      const tools = rootTools(root);
      tools.write(`${UNITS}/whoforks-lab.service`, `[Service]\nExecStart=/usr/bin/touch ${SHARED}/up\n`);
      tools.link(`${UNITS}/multi-user.target.wants/whoforks-lab.service`, "../whoforks-lab.service");
      return root;
    },
    enter({ scenario, options, dir, bounds, loginUid }, seconds) {
      if (loginUid !== null) throw new Error(`lab: ${scenario.name}: nspawn gives no login uid`);
      const { folders } = bounds;
      return enterContainer({
        dir,
        cgroups: folders,
        seconds,
        nice: options.nice,
        shared: SHARED,
        binds: scenario.binds,
      });
    },
    // Once basic.target is reached, as for every service.
    isUp: ({ root }) => existsSync(`${root}${SHARED}/up`),
    /** As `systemctl reboot` does: everything is stopped in order (systemd(1), SIGRTMIN+5). */
    reboot: (initPid) => process.kill(initPid, SIGRTMIN + 5),
  },
};
