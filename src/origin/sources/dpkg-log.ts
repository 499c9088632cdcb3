import type { Source } from "../types.ts";
import { readLog } from "../logs/lines.ts";
import { stamped } from "../logs/stamp.ts";
import { namesPath } from "../names.ts";
import { Telling } from "../told.ts";
import { Transactions } from "../logs/transactions.ts";

const ACTION = /^(install|upgrade|reinstall|configure|remove|purge|disappear) (\S+) (\S+) (\S+)/;
const STATUS = /^status (unpacked|installed|half-installed|half-configured|not-installed) (\S+) (\S+)/;
const CONFFILE = /^conffile (\S+) (install|keep)/;

/** dpkg.log (dpkg(1), `--log`): a line an action, local time. */
export const dpkgLog: Source = {
  id: "dpkg.log",
  async look(question) {
    const telling = new Telling(this.id, question);
    const others = new Transactions(telling, question.moments);
    const { packages, names, zone } = question;
    const found = await readLog(question.root, "/var/log/dpkg.log", telling, (line, place) => {
      const at = stamped(line, zone);
      if (at === null) {
        if (line !== "") telling.skip(place, "no time at its beginning");
        return;
      }
      if (!telling.record(at.ms, place, true)) return;
      const action = ACTION.exec(at.rest);
      const status = action === null ? STATUS.exec(at.rest) : null;
      const spelt = action?.[2] ?? status?.[2];
      if (spelt !== undefined) {
        const name = spelt.replace(/:[a-z0-9-]+$/, "");
        const doing = action?.[1] ?? status?.[1] ?? "";
        if (packages.includes(name)) {
          // `configure` and the states between say nothing that the action and the last state do not.
          if (!TELLING.has(doing)) return;
          const version = action === null ? (status?.[3] ?? null) : versionOf(action[4], action[3]);
          telling.event(at.ms, "package", "origin.package-action", { action: doing, package: name, version }, place);
        } else if (action !== null && TELLING.has(doing)) others.add(at.ms, name, place);
        return;
      }
      const conffile = CONFFILE.exec(at.rest);
      if (conffile === null && !/^(?:startup|trigproc|triggers-|status)/.test(at.rest)) {
        telling.skip(place, "no action that dpkg writes");
      }
      if (conffile !== null && namesPath(at.rest, names)) {
        telling.event(at.ms, "file", "origin.conffile", { action: conffile[2] }, place);
      }
    });
    others.end();
    return found ? telling.end() : null;
  },
};

const TELLING = new Set(["install", "upgrade", "reinstall", "remove", "purge", "disappear", "installed"]);

/** `install NAME <none> NEW`, `remove NAME OLD <none>`. */
function versionOf(to: string | undefined, from: string | undefined): string | null {
  const version = to === undefined || to === "<none>" ? from : to;
  return version === undefined || version === "<none>" ? null : version;
}
