// Softmax as assembly/ computes it, in C at the same vector width: what the processor gives without a WebAssembly engine in between.
//
// The same: the exact shift, the polynomial and its evaluation, four vectors side by side, every 16 results added in float and then in
// double, the scale in two parts, rows of up to 32 elements sixteen at a time with one in each lane, likewise axes other than the last.
// Left out: the second sum of peaked rows, and what only a temperature or a result of NaN needs. Both make this program the faster one.
//
// Vectors are the extension that GCC and Clang share, so that one text serves x64 and arm64. a * b + c is fused where the compiler is
// told -ffp-contract=on and the processor it compiles for has the instruction, and is two instructions under -ffp-contract=off.
//
// Driven through standard input and output, so that its rounds interleave with those of the others; pipe.mjs is the other end:
//   (at the start)                                  ->  ready VERSION\n, or skip REASON\n
//   OP OUTER LENGTH INNER\n and the float32 input  ->  ok BYTES\n and the float32 result of one call, or skip REASON\n
//   time COUNT\n                                   ->  the seconds that COUNT calls took, by the monotonic clock

#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#error "__builtin_shufflevector is needed: Clang, or GCC 12"
#endif

typedef float f32x2 __attribute__((vector_size(8)));
typedef float f32x4 __attribute__((vector_size(16)));
typedef float f32x4u __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef double f64x2 __attribute__((vector_size(16)));

enum { LANES = 16, SHORT = 32, BLOCK = 256 };

#define EACH for (int v = 0; v < 4; v++)
#define INLINE static inline __attribute__((always_inline))

// The constants of assembly/core/constants.ts.
static const float LOG2E = 0x1.715476p+0f, LN2_HI = 0x1.62e4p-1f, LN2_LO = 0x1.7f7d1cp-20f;
static const float C2 = 0x1.fffffcp-2f, C3 = 0x1.555492p-3f, C4 = 0x1.5558b2p-5f, C5 = 0x1.12399ep-7f, C6 = 0x1.6a4b7ap-10f;
static const float HEADROOM_BIAS = 127 + 24;
static const float FAR = 208;

INLINE f32x4 splat(float a) { return (f32x4){a, a, a, a}; }
INLINE f32x4 load(const float *from) { return *(const f32x4u *)from; }
INLINE void store(float *to, f32x4 a) { *(f32x4u *)to = a; }
INLINE f32x4 madd(f32x4 a, f32x4 b, f32x4 c) { return a * b + c; }
INLINE f32x4 nmadd(f32x4 a, f32x4 b, f32x4 c) { return c - a * b; }

// a < b ? b : a, one instruction on x64.
INLINE f32x4 pmax(f32x4 a, f32x4 b) {
  i32x4 less = a < b;
  return (f32x4)(((i32x4)b & less) | ((i32x4)a & ~less));
}

INLINE f64x2 lower(f32x4 a) { return __builtin_convertvector(__builtin_shufflevector(a, a, 0, 1), f64x2); }
INLINE f64x2 upper(f32x4 a) { return __builtin_convertvector(__builtin_shufflevector(a, a, 2, 3), f64x2); }

// What exp needs to know of the maxima of four vectors of rows. See assembly/core/exp.ts.
typedef struct {
  f32x4 magic[4], floor[4], shift[4];
} Shift;

INLINE void prepare(f32x4 max, f32x4 *magic, f32x4 *floor, f32x4 *shift) {
  i32x4 far = (max >= splat(FAR)) | (max <= splat(-FAR));
  f32x4 near = (f32x4)((i32x4)max & ~far);
  f32x4 rounder = splat(12582912);
  f32x4 n = (near * splat(LOG2E) + rounder) - rounder;
  *magic = splat(12582912 + HEADROOM_BIAS) - n;
  *floor = (n - splat(HEADROOM_BIAS)) * splat(0.6931471805599453f);
  *shift = (f32x4)((i32x4)max & far);
}

// e = 2^24 · e^(x − c) of four vectors.
INLINE void exp16(f32x4 x[4], const f32x4 magic[4], const f32x4 floor[4], f32x4 e[4]) {
  f32x4 t[4], n[4], q[4];
  EACH x[v] = pmax(x[v], floor[v]);
  EACH t[v] = madd(x[v], splat(LOG2E), magic[v]);
  EACH n[v] = t[v] - magic[v];
  EACH x[v] = nmadd(n[v], splat(LN2_HI), x[v]);
  EACH x[v] = nmadd(n[v], splat(LN2_LO), x[v]);
  EACH q[v] = madd(splat(C6), x[v], splat(C5));
  EACH q[v] = madd(q[v], x[v], splat(C4));
  EACH q[v] = madd(q[v], x[v], splat(C3));
  EACH q[v] = madd(q[v], x[v], splat(C2));
  EACH q[v] = madd(x[v] * x[v], q[v], x[v]);
  EACH {
    f32x4 scale = (f32x4)((i32x4)t[v] << 23);
    e[v] = madd(scale, q[v], scale);
  }
}

// 1 / sum, and what rounding to float takes from it: y = e · high + e · low.
INLINE void reciprocal(double sum, float *high, float *low) {
  double exact = 1 / sum;
  *high = (float)exact;
  *low = (float)(exact - *high);
}

static float row_max(const float *x, size_t length) {
  float max = -INFINITY;
  if (length >= LANES) {
    f32x4 m[4];
    EACH m[v] = load(x + 4 * v);
    const float *last = x + length - LANES;
    for (x += LANES; x < last; x += LANES) EACH m[v] = pmax(m[v], load(x + 4 * v));
    EACH m[v] = pmax(m[v], load(last + 4 * v));
    f32x4 all = pmax(pmax(m[0], m[1]), pmax(m[2], m[3]));
    for (int i = 0; i < 4; i++) max = max < all[i] ? all[i] : max;
  } else {
    for (size_t i = 0; i < length; i++) max = max < x[i] ? x[i] : max;
  }
  return max;
}

// 16 elements of a row: e^x to y, and their sum.
INLINE f64x2 row_strip(int far, const float *x, float *y, const Shift *shift, f64x2 sum) {
  f32x4 in[4], e[4];
  EACH in[v] = far ? load(x + 4 * v) - shift->shift[v] : load(x + 4 * v);
  exp16(in, shift->magic, shift->floor, e);
  EACH store(y + 4 * v, e[v]);
  f32x4 total = (e[0] + e[1]) + (e[2] + e[3]);
  return sum + (lower(total) + upper(total));
}

INLINE f64x2 row_strips(int far, const float *x, float *y, size_t whole, const Shift *shift) {
  f64x2 sum = {0, 0};
  for (size_t i = 0; i < whole; i += LANES) sum = row_strip(far, x + i, y + i, shift, sum);
  return sum;
}

static void softmax_row(const float *x, float *y, size_t length) {
  Shift shift;
  f32x4 max = splat(row_max(x, length));
  EACH prepare(max, &shift.magic[v], &shift.floor[v], &shift.shift[v]);
  int far = shift.shift[0][0] != 0;
  size_t tail = length % LANES, whole = length - tail;
  f64x2 sum = far ? row_strips(1, x, y, whole, &shift) : row_strips(0, x, y, whole, &shift);
  float end[LANES];
  if (tail) {
    for (size_t i = 0; i < LANES; i++) end[i] = i < tail ? x[whole + i] : -INFINITY;
    sum = row_strip(1, end, end, &shift, sum);
  }
  float high, low;
  reciprocal(sum[0] + sum[1], &high, &low);
  for (size_t i = 0; i < whole; i += LANES) {
    EACH {
      f32x4 e = load(y + i + 4 * v);
      store(y + i + 4 * v, madd(e, splat(high), e * splat(low)));
    }
  }
  for (size_t i = 0; i < tail; i++) y[whole + i] = end[i] * high + end[i] * low;
}

// Sixteen rows, one in each lane; the elements of a row are `stride` apart. y may be x.
static void softmax_lanes(const float *x, float *y, size_t length, size_t stride) {
  static float pack[BLOCK * LANES] __attribute__((aligned(64)));
  f32x4 max[4];
  Shift shift;
  EACH max[v] = splat(-INFINITY);
  for (size_t i = 0; i < length; i++) EACH max[v] = pmax(max[v], load(x + i * stride + 4 * v));
  EACH prepare(max[v], &shift.magic[v], &shift.floor[v], &shift.shift[v]);

  // e^x stays in `pack` until it is scaled where all of it fits, so that y is touched once.
  float *e = length <= BLOCK ? pack : y;
  size_t step = length <= BLOCK ? LANES : stride;
  double sums[LANES] = {0};
  for (size_t from = 0; from < length; from += BLOCK) {
    size_t to = from + BLOCK < length ? from + BLOCK : length;
    for (size_t i = from; i < to; i++) {
      f32x4 in[4], out[4];
      EACH in[v] = load(x + i * stride + 4 * v) - shift.shift[v];
      exp16(in, shift.magic, shift.floor, out);
      EACH store(e + i * step + 4 * v, out[v]);
    }
    EACH {
      f64x2 low = {sums[4 * v], sums[4 * v + 1]}, high = {sums[4 * v + 2], sums[4 * v + 3]};
      for (size_t i = from; i < to; i += 4) {
        f32x4 total = load(e + i * step + 4 * v);
        for (size_t j = i + 1; j < i + 4 && j < to; j++) total += load(e + j * step + 4 * v);
        low += lower(total);
        high += upper(total);
      }
      sums[4 * v] = low[0], sums[4 * v + 1] = low[1], sums[4 * v + 2] = high[0], sums[4 * v + 3] = high[1];
    }
  }
  float high[LANES], low[LANES];
  for (int i = 0; i < LANES; i++) reciprocal(sums[i], &high[i], &low[i]);
  for (size_t i = 0; i < length; i++) {
    EACH {
      f32x4 a = load(e + i * step + 4 * v);
      store(y + i * stride + 4 * v, madd(a, load(high + 4 * v), a * load(low + 4 * v)));
    }
  }
}

INLINE void transpose4(const float *from, size_t fromStride, float *to, size_t toStride) {
  f32x4 a = load(from), b = load(from + fromStride), c = load(from + 2 * fromStride), d = load(from + 3 * fromStride);
  f32x4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  f32x4 cd = __builtin_shufflevector(c, d, 0, 4, 1, 5), CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  store(to, __builtin_shufflevector(ab, cd, 0, 1, 4, 5));
  store(to + toStride, __builtin_shufflevector(ab, cd, 2, 3, 6, 7));
  store(to + 2 * toStride, __builtin_shufflevector(AB, CD, 0, 1, 4, 5));
  store(to + 3 * toStride, __builtin_shufflevector(AB, CD, 2, 3, 6, 7));
}

// Sixteen contiguous rows of up to SHORT elements to lanes and back; the last four of a row may overlap the four before.
static void softmax_short(const float *x, float *y, size_t length) {
  static float lanes[SHORT * LANES] __attribute__((aligned(64)));
  for (size_t row = 0; row < LANES; row += 4) {
    for (size_t i = 0; length >= 4 && i < length; i += 4) {
      size_t at = i < length - 4 ? i : length - 4;
      transpose4(x + row * length + at, length, lanes + at * LANES + row, LANES);
    }
  }
  for (size_t i = 0; length < 4 && i < LANES * length; i++) lanes[i % length * LANES + i / length] = x[i];
  softmax_lanes(lanes, lanes, length, LANES);
  for (size_t row = 0; row < LANES; row += 4) {
    for (size_t i = 0; length >= 4 && i < length; i += 4) {
      size_t at = i < length - 4 ? i : length - 4;
      transpose4(lanes + at * LANES + row, LANES, y + row * length + at, length);
    }
  }
  for (size_t i = 0; length < 4 && i < LANES * length; i++) y[i] = lanes[i % length * LANES + i / length];
}

static __attribute__((noinline)) void softmax(const float *x, float *y, size_t outer, size_t length, size_t inner) {
  if (inner == 1) {
    size_t row = 0;
    if (length <= SHORT) {
      for (; row + LANES <= outer; row += LANES) softmax_short(x + row * length, y + row * length, length);
    }
    for (; row < outer; row++) softmax_row(x + row * length, y + row * length, length);
    return;
  }
  for (size_t o = 0; o < outer; o++) {
    for (size_t i = 0; i < inner; i += LANES) {
      softmax_lanes(x + o * length * inner + i, y + o * length * inner + i, length, inner);
    }
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static float *allocate(size_t bytes) {
  float *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!memory) {
    fprintf(stderr, "softmax: no memory for %zu bytes\n", bytes);
    exit(1);
  }
  return memory;
}

int main(void) {
#if defined(__x86_64__) && defined(__FMA__)
  if (!__builtin_cpu_supports("fma")) {
    puts("skip this processor has no fused multiply-add");
    return 0;
  }
#endif
  printf("ready %s\n", __VERSION__);
  fflush(stdout);
  float *x = NULL, *y = NULL;
  size_t outer = 0, length = 0, inner = 0;
  unsigned long count;
  char line[128];
  while (fgets(line, sizeof line, stdin)) {
    char op[16];
    if (x && sscanf(line, "time %lu", &count) == 1) {
      double start = now();
      for (unsigned long i = 0; i < count; i++) softmax(x, y, outer, length, inner);
      printf("%.9f\n", now() - start);
    } else if (sscanf(line, "%15s %zu %zu %zu", op, &outer, &length, &inner) == 4) {
      size_t bytes = outer * length * inner * sizeof(float);
      free(x);
      free(y);
      x = allocate(bytes);
      y = allocate(bytes);
      if (fread(x, 1, bytes, stdin) != bytes) return 1;
      if (strcmp(op, "softmax") != 0) {
        puts("skip written for softmax");
      } else if (inner > 1 && inner % LANES != 0) {
        puts("skip written for the last axis, and for others where a multiple of 16 elements follows");
      } else {
        softmax(x, y, outer, length, inner);
        printf("ok %zu\n", bytes);
        fwrite(y, 1, bytes, stdout);
      }
    } else {
      fprintf(stderr, "softmax: %s", line);
      return 1;
    }
    fflush(stdout);
  }
  return 0;
}
