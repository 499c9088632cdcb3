import type { Untrusted } from "../../model/text.ts";
import type { Assignment } from "./file.ts";
import { isTemplate } from "./names.ts";
import type { Job } from "../types.ts";

/**
 * What a unit that has a service started does, whatever it waits for: the service's own job under the name of the unit, with
 * the setting `from` that has it started. `fragment`: the unit's own file.
 */
export function askedBy(unit: Untrusted, fragment: Untrusted, from: Assignment, service: Job): Job {
  const { definition: _, ends: _ends, inactive, ...job } = service;
  return {
    ...job,
    unit,
    activates: service.unit,
    file: from.file,
    line: from.line,
    directive: `${from.key}=${from.value}`,
    delaySeconds: 0,
    ...(from.file === fragment ? {} : { definition: fragment }),
    ...(inactive === "rejected"
      ? { inactive: "rejected" as const }
      : isTemplate(unit)
        ? { inactive: "template" as const }
        : {}),
  };
}
