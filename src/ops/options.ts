// The option names of the operations: a name that is not among them is an error, not silence.

export const plain = ['shape', 'axis', 'out'] as const;
export const tempered = [...plain, 'temperature'] as const;
export const scaled = [...tempered, 'base'] as const;
