// What softmax.ts takes from the binary, by the signatures of assembly/README.md: AssemblyScript imports it from the module `env`, this file's name.

export declare let heap_base: usize;
export declare function softmax_f32(x: usize, y: usize, outer: usize, length: usize, inner: usize, scale: f64): void;
export declare function softmax_backward_f32(
  gradOutput: usize,
  output: usize,
  gradInput: usize,
  outer: usize,
  length: usize,
  inner: usize,
  scale: f64,
): void;
