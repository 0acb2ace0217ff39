// softmax.simd.wasm in a C program: wasm2c has made softmax.c and softmax.h of it, with a C function for each export.

#include <stdio.h>
#include <string.h>

#include "softmax.h"

static w2c_softmax binary;

/** Makes room up to byte `end` of the binary's memory. Growing may move the memory: addresses taken before are void. */
static void reserve(u32 end) {
  wasm_rt_memory_t* memory = w2c_softmax_memory(&binary);
  if (end <= memory->size) return;
  if (wasm_rt_grow_memory(memory, (end - memory->size + 65535) / 65536) == UINT32_MAX) wasm_rt_trap(WASM_RT_TRAP_OOB);
}

/** The address of a pointer into the binary's memory. */
static void* address(u32 pointer) { return w2c_softmax_memory(&binary)->data + pointer; }

static void print(const char* name, const f32* values, u32 count) {
  printf("%s", name);
  for (u32 i = 0; i < count; i++) printf(" %.9g", values[i]);
  printf("\n");
}

int main(void) {
  wasm2c_softmax_instantiate(&binary);

  // Two arrays of 2 × 4 float32 behind heap_base, each at a multiple of 16.
  const u32 rows = 2, columns = 4, bytes = rows * columns * sizeof(f32);
  const u32 x = (*w2c_softmax_heap_base(&binary) + 15) / 16 * 16, g = x + bytes;
  reserve(g + bytes);

  const f32 logits[] = {1, 3, 5, 7, 1, -9, 4, 8};
  memcpy(address(x), logits, bytes);
  w2c_softmax_softmax_f32(&binary, x, x, rows, columns, 1, 1); // in place
  print("softmax", address(x), rows * columns);

  const f32 grad_output[] = {1, 0, 0, 0, 1, 1, 1, 1};
  memcpy(address(g), grad_output, bytes);
  w2c_softmax_softmax_backward_f32(&binary, g, x, g, rows, columns, 1, 1);
  print("gradient", address(g), rows * columns);

  wasm2c_softmax_free(&binary);
  return 0;
}
