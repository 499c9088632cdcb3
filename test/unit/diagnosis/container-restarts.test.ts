import { expect, test } from "vitest";
import type { Stream } from "../../support/storms.ts";
import { makeTree } from "../supervisors/tree.ts";
import { judged } from "./judged.ts";

const ID = "7c0f".repeat(16);

/** containerd starts a shim for the container every 0.4 s; the shim runs runc, and both end. */
function restarting(stream: Stream): void {
  const containerd = stream.exec(stream.fork(1), "/usr/bin/containerd");
  for (let turn = 0; turn < 8; turn++) {
    const shim = stream.wait(400_000).fork(containerd);
    stream.exec(shim, "/usr/bin/containerd-shim-runc-v2", ["containerd-shim-runc-v2", "-id", ID, "start"]);
    stream.wait(8000).exit(stream.exec(stream.wait(2000).fork(shim), "/usr/bin/runc", ["runc", "create"]));
    stream.wait(20_000).exit(shim);
  }
}

function container(id: string, name: string, policy: string): Record<string, string> {
  const folder = `/var/lib/docker/containers/${id}`;
  return {
    [`${folder}/hostconfig.json`]: JSON.stringify({ RestartPolicy: { Name: policy, MaximumRetryCount: 0 } }),
    [`${folder}/config.v2.json`]: JSON.stringify({ Name: `/${name}`, Path: "worker", Args: [] }),
  };
}

test("docker's policy of the container that is started again and again is named, and no other's", async () => {
  const programs = { "/usr/bin/containerd": "", "/usr/bin/containerd-shim-runc-v2": "", "/usr/bin/runc": "" };
  const files = { ...programs, ...container(ID, "web", "always"), ...container("1".repeat(64), "other", "always") };
  const tree = makeTree(files);
  const diagnosis = await judged(tree.dir, restarting).finally(() => tree.remove());
  expect(diagnosis.storms[0]?.kind).toBe("container-restart-loop");
  expect(diagnosis.restarts).toMatchObject([
    {
      supervisor: "docker",
      unit: "web",
      file: `/var/lib/docker/containers/${ID}/hostconfig.json`,
      line: 1,
      directive: "RestartPolicy=always",
      // Eight restarts at an even pace are none of docker's: by then it would wait for seconds.
      limitAllowsRate: false,
    },
  ]);
  expect(diagnosis.chain.find(({ code }) => code === "chain.restarted-by")?.args).toMatchObject({ program: "web" });
  expect(diagnosis.chain.find(({ code }) => code === "chain.limit.backs-off")?.args).toMatchObject({
    supervisor: "docker",
    starts: 7,
    longestSeconds: 60,
  });
});
