import type { Pack } from "./types.ts";
import { both } from "./ways.ts";

/** upstart: `manual` in an override keeps a job from being started; what runs already is stopped by initctl. */
export const upstart: Pack = {
  stop({ unit, path, here }) {
    const override = path.replace(/\.(conf|override)$/, ".override");
    const asks = here && unit !== "" && !unit.startsWith("-");
    return asks
      ? both(
          ["sh", "-c", 'echo manual >> "$1" && initctl stop "$2"', "sh", override, unit],
          ["sh", "-c", `sed -i '/^manual$/d' "$1" && initctl start "$2"`, "sh", override, unit],
        )
      : both(["sh", "-c", 'echo manual >> "$1"', "sh", override], ["sed", "-i", "/^manual$/d", override]);
  },
  log: ({ unit, here }) => (here && !unit.includes("/") ? ["tail", "-n", "50", `/var/log/upstart/${unit}.log`] : null),
  limit({ path }) {
    // An override is read after the job, stanza by stanza (init(5)).
    const override = path.replace(/\.(conf|override)$/, ".override");
    const lines = ["respawn limit 5 60", "post-stop exec sleep 5"];
    return both(
      ["sh", "-c", `f=$1; shift; printf '%s\\n' "$@" >> "$f"`, "sh", override, ...lines],
      ["sed", "-i", "/^respawn limit 5 60$/d; /^post-stop exec sleep 5$/d", override],
    );
  },
  foreground: true,
};
