/** Programs of container runtimes, by the part they play; names of containerd, Docker, Podman, CRI-O and Kubernetes. */

/** One lives beside each container, from its start to its end. */
export function isShim(name: string): boolean {
  return /^(?:(?:docker-)?containerd-shim(?:-[a-z0-9-]+)?|conmon(?:rs)?)$/.test(name);
}

/** Starts containers and what is executed in them, and ends at once. */
export function isRuntime(name: string): boolean {
  return /^(?:runc|crun|youki|runsc|kata-runtime|docker-runc)$/.test(name);
}

/** Starts shims. */
export function isContainerManager(name: string): boolean {
  return /^(?:containerd|dockerd|docker|podman|crio|kubelet|nerdctl)$/.test(name);
}
