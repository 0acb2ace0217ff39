// What code that wasm2c of WABT 1.0.39 makes asks of its host: a memory that grows, a table of functions, traps that end the process.
// Enough for modules with one memory and no exceptions; WABT's own wasm-rt.h is for all the others.

#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define wasm_rt_memcpy memcpy

typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64, WASM_RT_V128, WASM_RT_FUNCREF, WASM_RT_EXTERNREF } wasm_rt_type_t;

typedef enum {
  WASM_RT_TRAP_OOB,
  WASM_RT_TRAP_INT_OVERFLOW,
  WASM_RT_TRAP_DIV_BY_ZERO,
  WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE,
  WASM_RT_TRAP_CALL_INDIRECT,
} wasm_rt_trap_t;

_Noreturn static inline void wasm_rt_trap(wasm_rt_trap_t reason) {
  fprintf(stderr, "WebAssembly trap %d\n", (int)reason);
  exit(1);
}

static inline bool wasm_rt_is_initialized(void) { return true; }

typedef struct {
  uint8_t* data;
  uint64_t pages, max_pages, size;
} wasm_rt_memory_t;

/** The bytes may move: pointers into them are void. The result is the former number of pages, or 2^32 − 1 where there is no room. */
static inline uint64_t wasm_rt_grow_memory(wasm_rt_memory_t* memory, uint64_t pages) {
  const uint64_t former = memory->pages, size = (former + pages) << 16;
  if (pages > memory->max_pages - former) return UINT32_MAX;
  uint8_t* data = realloc(memory->data, size);
  if (data == NULL) return UINT32_MAX;
  memset(data + memory->size, 0, size - memory->size);
  memory->data = data;
  memory->pages = former + pages;
  memory->size = size;
  return former;
}

static inline void wasm_rt_allocate_memory(wasm_rt_memory_t* memory, uint64_t pages, uint64_t max_pages, bool is64, uint32_t page_size) {
  (void)is64, (void)page_size;
  *memory = (wasm_rt_memory_t){.max_pages = max_pages};
  if (wasm_rt_grow_memory(memory, pages) != 0) wasm_rt_trap(WASM_RT_TRAP_OOB);
}

static inline void wasm_rt_free_memory(wasm_rt_memory_t* memory) { free(memory->data); }

typedef const char* wasm_rt_func_type_t;
typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct wasm_rt_tailcallee_t {
  void (*fn)(void**, void*, struct wasm_rt_tailcallee_t*);
} wasm_rt_tailcallee_t;
typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void* module_instance;
} wasm_rt_funcref_t;
typedef struct {
  wasm_rt_funcref_t* data;
  uint32_t size;
} wasm_rt_funcref_table_t;
static const wasm_rt_funcref_t wasm_rt_funcref_null_value = {0};

static inline void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t* table, uint32_t size, uint32_t max_size) {
  (void)max_size;
  table->data = calloc(size, sizeof *table->data);
  if (table->data == NULL) wasm_rt_trap(WASM_RT_TRAP_OOB);
  table->size = size;
}

static inline void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t* table) { free(table->data); }

typedef void* wasm_rt_externref_t;
typedef struct {
  wasm_rt_externref_t* data;
  uint32_t size;
} wasm_rt_externref_table_t;
static const wasm_rt_externref_t wasm_rt_externref_null_value = NULL;

#endif
