import type { Untrusted } from "../model/text.ts";

/** Task names of kernel threads (kthread_create in the kernel's sources), as a whole. */
const NAMES =
  /^(?:kthreadd|kswapd\d+|ksmd|khugepaged|kcompactd\d+|kdevtmpfs|kauditd|kintegrityd|kblockd|khungtaskd|khubd|kthrotld|ksoftirqd\/\d+|kworker\/\S+|migration\/\d+|rcu_(?:sched|bh|preempt|gp|par_gp|tasks\w*)|rcu[obc]s?\/\d+|cpuhp\/\d+|idle_inject\/\d+|watchdogd|watchdog\/\d+|oom_reaper|writeback|netns|mm_percpu_wq|inet_frag_wq|ata_sff|scsi_eh_\d+|scsi_tmf_\d+|jbd2\/\S+|ext4-rsv-conver\w*|xfs\w*\/\S+|md\d+_\w+|irq\/\d+-\S+|kpsmoused|ipv6_addrconf|devfreq_wq|edac-poller|acpi_thermal_pm|blkcg_punt_bio|charger_manager|kstrp|zswap-shrink)$/;

/**
 * Whether a name is that of a kernel thread, or written as ps(1) writes those: in brackets. A program bears such a name to
 * be overlooked.
 */
export function isKernelThreadName(name: Untrusted): boolean {
  return /^\[[^\]]+\]$/.test(name) || NAMES.test(name);
}
