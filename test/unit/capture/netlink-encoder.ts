/** Makes a datagram as drivers/connector/cn_proc.c does, with `size` bytes of fields. */
export function datagram(
  event: { what: number; cpu: number; seq: number; ack?: number; ns?: number; fields: readonly number[] },
  size = 24,
): Uint8Array {
  const bytes = new Uint8Array(52 + size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, 3, true);
  view.setUint32(16, 1, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, event.seq, true);
  view.setUint32(28, event.ack ?? 0, true);
  view.setUint16(32, 16 + size, true);
  view.setUint32(36, event.what, true);
  view.setUint32(40, event.cpu, true);
  view.setBigUint64(44, BigInt(event.ns ?? 0), true);
  event.fields.forEach((field, n) => view.setInt32(52 + 4 * n, field, true));
  return bytes;
}
