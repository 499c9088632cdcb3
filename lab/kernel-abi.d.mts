export function runs32Bit(): boolean;
export const NO_32_BIT: string;
