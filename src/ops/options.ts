// The option names of the operations: a name that is not among them is an error, not silence.

export const plain = ['shape', 'axis', 'out'] as const;
export const tempered = [...plain, 'temperature'] as const;
export const scaled = [...tempered, 'base'] as const;

export const losses = ['shape', 'axis', 'weight', 'ignoreIndex', 'reduction', 'emptyMean'] as const;
export const lossGradients = [...losses, 'out', 'gradOutput'] as const;
export const crossEntropies = [...losses, 'labelSmoothing', 'temperature'] as const;
export const crossEntropyGradients = [...crossEntropies, 'out', 'gradOutput'] as const;
export const crossEntropyProducts = [...tempered, 'reduction', 'gradOutput'] as const;
