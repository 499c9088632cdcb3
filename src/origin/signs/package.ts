import { isoTime } from "../../identity/file-facts.ts";
import { isoMs, msOf } from "../iso.ts";
import { installsOf } from "../installs.ts";
import type { KeptQuestion, SignOf } from "../types.ts";
import type { Sign } from "../result.ts";

/** A packaged file is born when its package is unpacked: dpkg, rpm, apk and pacman write a new file and rename it into place. */
export const packageSigns: SignOf<KeptQuestion> = ({ question, file, events }): Sign[] => {
  const { identity, moments } = question;
  if (identity?.owner == null) return [];
  const signs: Sign[] = [];
  if (identity.verdict === "genuine") {
    signs.push({
      code: "origin.as-shipped",
      args: { package: identity.owner.package },
      weight: "exculpatory",
      otherwise: null,
    });
  }
  const installs = installsOf(events);
  const last = installs.at(-1);
  const { birth, change } = file;
  // Unpacking makes a new inode, so nothing that the last installation wrote is older than that.
  if (last !== undefined && msOf(change) < last - moments.around) {
    signs.push({
      code: "origin.changed-before-install",
      args: { package: identity.owner.package, change: isoTime(change), installed: isoMs(last) },
      weight: "weak",
      otherwise: "origin.otherwise.copied-system",
    });
  }
  if (birth === null || last === undefined) return signs;
  const nearest = installs.find((ms) => Math.abs(ms - msOf(birth)) <= moments.around);
  const args = { package: identity.owner.package, installed: isoMs(nearest ?? last), birth: isoTime(birth) };
  if (nearest !== undefined)
    return [...signs, { code: "origin.born-with-package", args, weight: "exculpatory", otherwise: null }];
  if (msOf(birth) < last) return signs;
  const genuine = identity.verdict === "genuine";
  return [
    ...signs,
    {
      code: "origin.born-after-install",
      args,
      weight: genuine ? "weak" : "medium",
      otherwise: "origin.otherwise.copied-system",
    },
  ];
};
