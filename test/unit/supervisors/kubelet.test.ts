import { describe, expect, it } from "vitest";
import { atOnce } from "../../../src/model/steps.ts";
import { findJobs } from "../../../src/supervisors/index.ts";
import { kubelet } from "../../../src/supervisors/containers/kubelet.ts";
import type { Job } from "../../../src/supervisors/types.ts";
import { withTree, type Entry } from "./tree.ts";

const UID = "4f".repeat(16);
const ETCD = `apiVersion: v1
kind: Pod
metadata:
  name: etcd
  namespace: kube-system
spec:
  containers:
  - name: etcd
    image: registry/etcd:3.5
    command:
    - etcd
    - --data-dir=/var/lib/etcd
    livenessProbe:
      periodSeconds: 10
  - name: side
    image: side:1
    args: [--x, "1"]
`;

function read(entries: Record<string, Entry>): { jobs: Job[]; problems: string[] } {
  return withTree(entries, ({ root }) => {
    expect(kubelet.present(root)).toBe(true);
    const { jobs, problems } = atOnce(kubelet.jobs(root));
    return { jobs, problems: problems.map(({ file, line, why }) => `${file}:${line} ${why}`) };
  });
}

describe("static pods of the kubelet", () => {
  it("each container by pod and name, the line of its entry, what its policy says by default", () => {
    const { jobs, problems } = read({ "/etc/kubernetes/manifests/etcd.yaml": ETCD });
    expect(problems).toEqual([]);
    expect(jobs).toMatchObject([
      {
        unit: "kube-system/etcd/etcd",
        file: "/etc/kubernetes/manifests/etcd.yaml",
        line: 8,
        directive: "restartPolicy: Always",
        restarts: "always",
        delaySeconds: 10,
        minimumLifeSeconds: 600,
        command: "etcd --data-dir=/var/lib/etcd",
        program: "etcd",
        expects: "livenessProbe every 10 s",
      },
      { unit: "kube-system/etcd/side", line: 15, command: "side:1 --x 1", program: null },
    ]);
  });

  it.each([
    ["Never", "never", 0],
    ["OnFailure", "on-failure", 10],
    ["Always", "always", 10],
  ])("restartPolicy %s and its line", (policy, restarts, delaySeconds) => {
    const text = ETCD.replace("spec:\n", `spec:\n  restartPolicy: ${policy}\n`);
    expect(read({ "/etc/kubernetes/manifests/etcd.yaml": text }).jobs[0]).toMatchObject({
      restarts,
      delaySeconds,
      line: 7,
      directive: `restartPolicy: ${policy}`,
    });
  });

  it("a process belongs to the pod whose uid its cgroup bears, as the folders of the logs tell it", () => {
    withTree(
      {
        "/etc/kubernetes/manifests/etcd.yaml": ETCD,
        [`/var/log/pods/kube-system_etcd-node1_${UID}`]: null,
        [`/var/log/pods/kube-system_etcd-other_pod_${"b".repeat(32)}`]: null,
        [`/var/log/pods/default_etcd-node1_${"c".repeat(32)}`]: null,
      },
      ({ root }) => {
        const units = (cgroup: string): string[] =>
          findJobs(root, { programs: [], cgroup }).matches.map(({ job }) => job.unit);
        const scope = `cri-containerd-${"1".repeat(64)}.scope`;
        const slice = (uid: string): string =>
          `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice`;
        expect(units(`${slice(UID)}/${scope}`)).toEqual(["kube-system/etcd/etcd", "kube-system/etcd/side"]);
        for (const uid of ["b", "c"]) expect(units(`${slice(uid.repeat(32))}/${scope}`)).toEqual([]);
      },
    );
  });

  it("another folder; what is no YAML, no pod, too large or full of aliases is told", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let level = 0; level < 8; level++)
      bomb.push(
        `l${level}: &l${level} [${Array(9)
          .fill(level === 0 ? "*a" : `*l${level - 1}`)
          .join(",")}]`,
      );
    const { jobs, problems } = read({
      "/var/lib/kubelet/config.yaml": "kind: KubeletConfiguration\nstaticPodPath: /srv/pods/\n",
      "/srv/pods/a.yaml": ETCD,
      "/srv/pods/b.json": JSON.stringify({
        kind: "Pod",
        metadata: { name: "j" },
        spec: { containers: [{ name: "c" }] },
      }),
      "/srv/pods/c.yaml": "a: [\n",
      "/srv/pods/d.yaml": "kind: Deployment\n",
      "/srv/pods/e.yaml": `kind: Pod\n${bomb.join("\n")}\nspec:\n  containers:\n  - *l7\n  - name: x\n    args: *l7\n`,
      "/srv/pods/f.yaml": "x".repeat(300_000),
      "/srv/pods/g.yaml": { link: "g.yaml" },
      "/srv/pods/.h.yaml": ETCD,
    });
    expect(jobs.map(({ unit, file }) => `${file} ${unit}`)).toEqual([
      "/srv/pods/a.yaml kube-system/etcd/etcd",
      "/srv/pods/a.yaml kube-system/etcd/side",
      "/srv/pods/b.json default/j/c",
      "/srv/pods/e.yaml default/?/?",
      "/srv/pods/e.yaml default/?/?",
    ]);
    expect(problems).toEqual([
      expect.stringMatching(/^\/srv\/pods\/c.yaml:\d+ no YAML$/),
      "/srv/pods/d.yaml:1 no pod",
      "/srv/pods/f.yaml:null larger than 262144 bytes: not read",
    ]);
  });
});
