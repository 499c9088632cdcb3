import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { containerOf, unitOf } from "../../../src/platform/container.ts";

const ID = "3f2a1b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708";
const OTHER = "0123456789abcdef".repeat(4);
const UID = "d3b07384-d9a0-4c1e-8f6b-2a1c3e5d7f90";
const SLICED = UID.replaceAll("-", "_");

describe("the container that a cgroup belongs to", () => {
  test.each([
    // docker: cgroupfs and systemd drivers, rootless, a systemd inside.
    [`/docker/${ID}`, { runtime: "docker", id: ID, name: null }],
    [`/system.slice/docker-${ID}.scope`, { runtime: "docker", id: ID, name: null }],
    [
      `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`,
      { runtime: "docker", id: ID, name: null },
    ],
    [`/docker/${ID}/system.slice/cron.service`, { runtime: "docker", id: ID, name: null }],
    // docker in docker: the inner one.
    [`/docker/${OTHER}/docker/${ID}`, { runtime: "docker", id: ID, name: null }],
    // podman: rootful, rootless, cgroupfs, within a unit.
    [`/machine.slice/libpod-${ID}.scope/container`, { runtime: "podman", id: ID, name: null }],
    [
      `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`,
      { runtime: "podman", id: ID, name: null },
    ],
    [`/libpod_parent/libpod-${ID}`, { runtime: "podman", id: ID, name: null }],
    [`/system.slice/web.service/libpod-payload-${ID}`, { runtime: "podman", id: ID, name: null }],
    // containerd: nerdctl, ctr.
    [`/system.slice/nerdctl-${ID}.scope`, { runtime: "containerd", id: ID, name: null }],
    [`/default/${ID}`, { runtime: "containerd", id: ID, name: null }],
    // Kubernetes.
    [
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${SLICED}.slice/cri-containerd-${ID}.scope`,
      { runtime: "containerd", id: ID, name: null, pod: { uid: UID, qos: "burstable" } },
    ],
    [
      `/kubepods.slice/kubepods-pod${SLICED}.slice/crio-${ID}.scope`,
      { runtime: "cri-o", id: ID, name: null, pod: { uid: UID, qos: "guaranteed" } },
    ],
    [
      `/kubepods/besteffort/pod${UID}/${ID}`,
      { runtime: "kubernetes", id: ID, name: null, pod: { uid: UID, qos: "besteffort" } },
    ],
    [`/kubepods/pod${UID}/${ID}`, { runtime: "kubernetes", id: ID, name: null, pod: { uid: UID, qos: "guaranteed" } }],
    [
      `/kubepods/burstable/pod${UID}/crio-${ID}`,
      { runtime: "cri-o", id: ID, name: null, pod: { uid: UID, qos: "burstable" } },
    ],
    [
      `/system.slice/containerd.service/kubepods-besteffort-pod${SLICED}.slice:cri-containerd:${ID}`,
      { runtime: "containerd", id: ID, name: null, pod: { uid: UID, qos: "besteffort" } },
    ],
    // A static pod, in a cluster inside containers.
    [
      `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${ID.slice(0, 32)}.slice/cri-containerd-${ID}.scope`,
      { runtime: "containerd", id: ID, name: null, pod: { uid: ID.slice(0, 32), qos: "burstable" } },
    ],
    // lxc, old and new.
    ["/lxc/web", { runtime: "lxc", id: "web", name: "web" }],
    ["/lxc.payload.web/system.slice/cron.service", { runtime: "lxc", id: "web", name: "web" }],
    ["/lxc.payload/web", { runtime: "lxc", id: "web", name: "web" }],
    // systemd-nspawn.
    ["/machine.slice/machine-web.scope/payload", { runtime: "systemd-nspawn", id: "web", name: "web" }],
    [
      "/machine.slice/machine-web\\x2d1.scope/payload/system.slice/atd.service",
      { runtime: "systemd-nspawn", id: "web-1", name: "web-1" },
    ],
    ["/machine.slice/systemd-nspawn@web.service/payload", { runtime: "systemd-nspawn", id: "web", name: "web" }],
    ["/made-by-hand/payload/init.scope", { runtime: "systemd-nspawn", id: null, name: null }],
    ["/machine.slice/machine-lxc\\x2d4\\x2dweb.scope", { runtime: "libvirt-lxc", id: "lxc-4-web", name: "web" }],
  ])("%s", (cgroup, expected) => {
    expect(containerOf(cgroup)).toEqual(expected);
  });

  test.each([
    "/",
    "",
    "/system.slice/cron.service",
    "/system.slice/docker.service",
    "/system.slice/docker-volume.service",
    "/docker/not-an-id",
    `/machine.slice/libpod-conmon-${ID}.scope`,
    "/lxc.monitor.web",
    "/lxc.monitor/web",
    "/machine.slice/machine-web.scope/supervisor",
    "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/vcpu0",
    "/payload",
    "/user.slice/user-1000.slice/session-3.scope",
  ])("none: %s", (cgroup) => {
    expect(containerOf(cgroup)).toBeNull();
  });

  it("gives back the bytes that a name stands for, whatever they are", () => {
    expect(containerOf("/machine.slice/machine-a\\xff\\x1b.scope")?.name).toBe("a\udcff\u001b");
    expect(containerOf("/lxc/a\u001b[31m\nb")?.name).toBe("a\u001b[31m\nb");
  });

  it("never throws, whatever the path", () => {
    const part = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("docker", "payload", "lxc", ".scope", `libpod-${ID}.scope`, `pod${UID}`, "machine-\\x.scope", ID),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const path = `/${parts.join("/")}`;
        containerOf(path);
        unitOf(path);
      }),
    );
  });
});

describe("what systemd calls a cgroup", () => {
  test.each([
    ["/system.slice/cron.service", { unit: "cron.service", slice: "system.slice", user: null, session: null }],
    [
      "/system.slice/system-getty.slice/getty@tty1.service",
      { unit: "getty@tty1.service", slice: "system-getty.slice", user: null, session: null },
    ],
    [
      "/user.slice/user-1000.slice/session-3.scope",
      { unit: "session-3.scope", slice: "user-1000.slice", user: 1000, session: "3" },
    ],
    [
      "/user.slice/user-1000.slice/user@1000.service/app.slice/app-editor.service",
      { unit: "app-editor.service", slice: "app.slice", user: 1000, session: null },
    ],
    ["/init.scope", { unit: "init.scope", slice: null, user: null, session: null }],
    ["/system.slice/_cgroup.x.service", { unit: "cgroup.x.service", slice: "system.slice", user: null, session: null }],
    [
      "/machine.slice/machine-web.scope/payload/system.slice/atd.service",
      { unit: "atd.service", slice: "system.slice", user: null, session: null },
    ],
  ])("%s", (cgroup, expected) => {
    expect(unitOf(cgroup)).toEqual(expected);
  });

  test.each(["/", "", "/docker/1", "/.service", "/whoforks-lab-x"])("nothing: %s", (cgroup) => {
    expect(unitOf(cgroup)).toBeNull();
  });
});
