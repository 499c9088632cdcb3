import type { behave as english } from "../en/behave.ts";

export const behave: Record<keyof typeof english, string> = {
  "behave.tag.repeats": "重复",
  "behave.tag.does-not-repeat": "不重复",
  "behave.tag.no-generations": "没有世代",
  "behave.tag.no-storm": "没有风暴",
  "behave.tag.could-not-look": "无法观察",

  "behave.repeats": "{program} 的 {whole:count} 代中有 {repeating:count} 代做了完全相同的 {calls:count} 次调用",
  "behave.repeats-loosely":
    "{program} 的 {whole:count} 代中有 {repeating:count} 代做了相同的调用，只是其中一些循环的次数不同",
  "behave.does-not-repeat": "{program} 的各代互不相同：{whole:count} 代中最多只有 {repeating:count} 代调用相同",
  "behave.no-generations": "观察期间没有一个 {program} 的进程既出生又结束",
  "behave.few-generations": "观察期间只有 {whole:count} 个 {program} 的进程既出生又结束：太少，无法比较",
  "behave.no-storm": "每秒 {forksPerSecond:rate} 次 fork，其中没有风暴；请指定一个进程：whoforks behave PID",
  "behave.no-calls": "{program} 在观察期间没有做任何调用",
  "behave.not-caught": "没有遇到这场风暴的任何进程：它可能已经结束",
  "behave.records-lost": "{program} 的各代看起来不同，但有记录丢失，因此无法断定",
  "behave.could-not-look": "无法记录调用",

  "behave.program": "{program}  {processes:count} 个进程",
  "behave.label.each": "每一代",
  "behave.label.library": "库函数",
  "behave.label.differs": "差异",
  "behave.share":
    "完整的 {whole:count} 代中有 {repeating:count} 代如此[[；若循环次数不同也算相同，则有 {loosely:count} 代]]",
  "behave.differs": "{count:count} 代：第 {at:count} 个调用是 [[{instead:words}||无]]，而不是 [[{common:words}||结束]]",
  "behave.others": "另有 {count:count} 代以其他方式不同",
  "behave.no-call": "没有调用",
  "behave.more-calls": "还有 {count:count} 次调用",
  "behave.more-kinds": "还有 {count:count} 种调用（-v）",
  "behave.more-programs": "还有 {count:count} 个程序（-v）",
  "behave.unfinished": "（在其中结束）",
  "behave.killed": "{count:count} 个被信号终止",
  "behave.of-library": "（{library:base}）",
  "behave.error": "{error:words} ×{count:count}",
  "behave.column.call": "调用",
  "behave.column.count": "次数",
  "behave.column.time": "时间",
  "behave.column.errors": "错误",
};
