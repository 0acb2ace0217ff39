// Two modules in a C program, one importing the other: corpus.wasm takes the memory, heap_base and the functions of softmax.simd.wasm, and the
// two functions of WASI that are here. It reads the corpus from standard input and writes the states of its hashes to standard output.

#include <stdio.h>
#include <string.h>

#include "corpus.h"
#include "softmax.h"

static w2c_softmax binary;

static u8* address(u32 pointer) { return w2c_softmax_memory(&binary)->data + pointer; }

/** A vector of WASI, of which there is one in each call: address and size of the bytes to move. */
static u32* vector(u32 vectors, u32 count) {
  if (count != 1) wasm_rt_trap(WASM_RT_TRAP_UNREACHABLE);
  return (u32*)address(vectors);
}

u32 w2c_wasi__snapshot__preview1_fd_read(struct w2c_wasi__snapshot__preview1* host, u32 fd, u32 vectors, u32 count, u32 moved) {
  (void)host, (void)fd;
  const u32* to = vector(vectors, count);
  *(u32*)address(moved) = fread(address(to[0]), 1, to[1], stdin);
  return 0;
}

u32 w2c_wasi__snapshot__preview1_fd_write(struct w2c_wasi__snapshot__preview1* host, u32 fd, u32 vectors, u32 count, u32 moved) {
  (void)host, (void)fd;
  const u32* from = vector(vectors, count);
  *(u32*)address(moved) = fwrite(address(from[0]), 1, from[1], stdout);
  return 0;
}

int main(void) {
  w2c_corpus corpus;
  wasm2c_softmax_instantiate(&binary);
  wasm2c_corpus_instantiate(&corpus, &binary, NULL);
  w2c_corpus_init(&corpus);
  wasm2c_corpus_free(&corpus);
  wasm2c_softmax_free(&binary);
  return 0;
}
