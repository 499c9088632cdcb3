import type { MessageCode } from "../en.ts";

type Codes = Extract<MessageCode, `collect.${string}`>;

/** `whoforks collect --verify`：证据包是否完整。 */
export const collect: Record<Codes, string> = {
  "collect.whole": "完整且未被改动：{count:count} 项，每一项都与清单一致",
  "collect.by": "由 {by} 于 {at} 在 {host} 上用 whoforks {version} 收集",
  "collect.redacted": "有 {count:count} 处秘密已被去除；规则见清单",
  "collect.not-redacted": "没有查找秘密",
  "collect.lacks": "有 {count:count} 项未能收集；清单说明了是什么、为什么",
  "collect.item": "  {name}：{size:bytes}，sha256 为 {sha256}",
  "collect.fault.no-manifest": "{name} 缺失，或不是清单：无从比较",
  "collect.fault.manifest-changed": "{name} 被改动：sha256 不一致",
  "collect.fault.unreadable": "文件被截断、损坏，或不是证据包",
  "collect.fault.changed": "{name} 被改动：大小或 sha256 与清单不符",
  "collect.fault.missing": "缺少 {name}",
  "collect.fault.not-listed": "{name} 不在清单中",
  "collect.fault.twice": "{name} 出现了两次",
  "collect.fault.no-file": "{name} 不是普通文件",
};
