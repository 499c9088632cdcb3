import type { gaps as english } from "../en/gaps.ts";

export const gaps: Record<keyof typeof english, string> = {
  "couldnot.tracefs.no-root": "内核事件：只有 root 可以读取",
  "couldnot.tracefs.missing": "内核事件：这个内核没有 tracefs",
  "couldnot.tracefs.lockdown": "内核事件：内核处于锁定（lockdown）状态",
  "couldnot.tracefs.busy": "内核事件：所需资源被另一个跟踪程序占用",
  "couldnot.identity.no-root-given": "程序是否为原版：手头没有日志所属的文件系统",
  "couldnot.identity.program-unknown": "程序是否为原版：没有任何来源说明它的文件",
  "couldnot.identity.no-package-manager": "程序是否为原版：这里没有已知的软件包数据库",
  "couldnot.supervisors.no-root-given": "是什么把它重新拉起：手头没有日志所属的文件系统",
  "couldnot.cpu.log-tells-none": "CPU 用量：日志中没有",
  "couldnot.lifetimes.log-tells-none": "进程存活多久：日志没有记录每一次结束",
  "couldnot.exits.log-tells-none": "进程怎样结束：日志中没有",
  "couldnot.audit.lost": "完整情况：内核丢失了审计记录",
};
