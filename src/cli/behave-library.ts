import { importsOf, type ProbePlace } from "../capture/calls/imports.ts";
import type { CouldNotLook } from "../model/could-not-look.ts";
import type { Aim } from "./behave-target.ts";

/** Where library calls of a target can be probed, and why nowhere. */
export function libraryPlaces({ programs, target }: Aim): {
  places: ProbePlace[];
  note: string | null;
  couldNotLook: CouldNotLook[];
} {
  const what = `the library calls of ${target.program.exe ?? `(${target.program.comm})`}`;
  const { places, imported, allStatic } = importsOf(programs);
  const cannot = (code: string, why: string): CouldNotLook[] => [{ code, what, why, remedy: null }];
  if (allStatic)
    return {
      places,
      note: null,
      couldNotLook: cannot("calls.static", "it imports nothing: it is statically linked, so there is nothing to probe"),
    };
  if (places.length === 0)
    return {
      places,
      note: null,
      couldNotLook: cannot("calls.no-library", "the libraries that it imports from were not found"),
    };
  return { places, note: `probes at ${places.length} of ${imported} imported functions`, couldNotLook: [] };
}
