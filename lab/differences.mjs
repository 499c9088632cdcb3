/**
 * Compares the JSON of `diagnose --json` with what a scenario expects of it.
 * @param diagnosis the parsed JSON
 * @param expected a scenario's `expected`
 * @returns one sentence for each thing that is not as expected; empty when all is right
 */
export function differences(diagnosis, expected) {
  const wrong = [];
  const same = (what, found, wanted) => {
    if (wanted !== undefined && !equal(found, wanted)) wrong.push(`${what}: ${text(found)} instead of ${text(wanted)}`);
  };
  same("verdict.outcome", diagnosis.verdict?.outcome, expected.outcome);
  const storms = diagnosis.storms ?? [];
  if (expected.kind === null) {
    const malign = storms.filter(({ benign }) => !benign).map(({ kind }) => kind);
    if (malign.length > 0) wrong.push(`storms: ${malign.join(", ")} where there is none`);
  } else {
    const storm = storms.find(({ id }) => id === diagnosis.verdict?.storm) ?? storms[0];
    stormDifferences(storm, expected, same);
    for (const other of expected.others ?? []) {
      const found = storms.find(({ kind, program }) => kind === other.kind && program?.exe === other.exe);
      if (found === undefined) wrong.push(`storms: no ${other.kind} of ${other.exe}`);
    }
  }
  for (const kind of expected.notKinds ?? []) {
    const denied = storms.find(
      (storm) => storm.kind === kind && (expected.exe === undefined || storm.program?.exe === expected.exe),
    );
    if (denied !== undefined) wrong.push(`storms: ${kind}, which it is not`);
  }
  if (expected.restart !== undefined && expected.outcome === "storm") {
    const { supervisor, unit } = expected.restart;
    const restart = (diagnosis.restarts ?? []).find((one) => one.supervisor === supervisor && one.unit === unit);
    for (const [name, wanted] of Object.entries(expected.restart)) same(`restarts.${name}`, restart?.[name], wanted);
  }
  if (expected.identity !== undefined && expected.outcome === "storm") {
    const identity = (diagnosis.identities ?? []).find(({ path }) => path === expected.identity.path);
    for (const [name, wanted] of Object.entries(expected.identity))
      same(`identities.${name}`, identity?.[name], wanted);
  }
  return wrong;
}

function stormDifferences(storm, expected, same) {
  same("storm.kind", storm?.kind, expected.kind);
  same("storm.program.exe", storm?.program?.exe, expected.exe);
  same("storm.abi.bits", storm?.abi?.bits, expected.bits);
  same("storm.reaper.exe", storm?.reaper?.exe, expected.reaper);
  same("storm.spawner.exe", storm?.spawner?.exe, expected.spawner);
}

/** Objects need only have what is wanted of them. */
function equal(found, wanted) {
  if (wanted === null || typeof wanted !== "object") return found === wanted;
  return (
    found !== null && typeof found === "object" && Object.keys(wanted).every((key) => equal(found[key], wanted[key]))
  );
}

const text = (value) => JSON.stringify(value) ?? "nothing";
