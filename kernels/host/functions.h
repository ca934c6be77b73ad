// CUDA's arithmetic functions beyond those of C's math.h. The fast ones (__expf, ...) are as exact here as the others.
#pragma once

#include <math.h>

// Macros, because C libraries have functions of these names, of their own or since C23.
#define __expf expf
#define __exp10f(x) powf(10.0f, x)
#define __logf logf
#define __log2f log2f
#define __log10f log10f
#define __sinf sinf
#define __cosf cosf
#define __tanf tanf
#define __powf powf
#define rsqrtf simulator_rsqrtf
#define sinpif simulator_sinpif
#define cospif simulator_cospif
#define sincosf simulator_sincosf
#define __sincosf simulator_sincosf
#define sincospif simulator_sincospif
#define fdividef __fdividef

#ifdef SIMULATOR_COUNT
// Fused multiply-adds, which is what products of float32 are made of, are counted where they stand. In assembly that does not say what it
// writes: the counter is no access of the kernel's, and what was loaded before stays in its registers.
namespace simulator {
SIMULATOR_INLINE float counted_fma(float x, float y, float z) {
#if defined(__x86_64__)
    asm volatile("incq (%0)" : : "r"(&head().multiply_adds) : "cc");
#elif defined(__aarch64__)
    asm volatile("ldr x9, [%0]\n\tadd x9, x9, #1\n\tstr x9, [%0]" : : "r"(&head().multiply_adds) : "x9");
#else
    head().multiply_adds++;
#endif
    return __builtin_fmaf(x, y, z);
}
}  // namespace simulator
#define fmaf simulator::counted_fma
#endif

static inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
static inline float sinpif(float x) { return static_cast<float>(sin(3.14159265358979323846 * x)); }
static inline float cospif(float x) { return static_cast<float>(cos(3.14159265358979323846 * x)); }
static inline void sincosf(float x, float* sine, float* cosine) {
    *sine = sinf(x);
    *cosine = cosf(x);
}
static inline void sincospif(float x, float* sine, float* cosine) {
    *sine = sinpif(x);
    *cosine = cospif(x);
}
static inline float __fdividef(float x, float y) { return x / y; }
static inline float __saturatef(float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }

static inline float __fadd_rn(float x, float y) { return x + y; }
static inline float __fsub_rn(float x, float y) { return x - y; }
static inline float __fmul_rn(float x, float y) { return x * y; }
static inline float __fdiv_rn(float x, float y) { return x / y; }
static inline float __frcp_rn(float x) { return 1.0f / x; }
static inline float __fsqrt_rn(float x) { return sqrtf(x); }
static inline float __frsqrt_rn(float x) { return static_cast<float>(1.0 / sqrt(static_cast<double>(x))); }
static inline float __fmaf_rn(float x, float y, float z) { return fmaf(x, y, z); }

template <class To, class From>
static inline To simulator_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "as many bits");
    To to;
    __builtin_memcpy(&to, &from, sizeof(To));
    return to;
}
static inline float __int_as_float(int x) { return simulator_bits<float>(x); }
static inline int __float_as_int(float x) { return simulator_bits<int>(x); }
static inline float __uint_as_float(unsigned x) { return simulator_bits<float>(x); }
static inline unsigned __float_as_uint(float x) { return simulator_bits<unsigned>(x); }
static inline double __longlong_as_double(long long x) { return simulator_bits<double>(x); }
static inline long long __double_as_longlong(double x) { return simulator_bits<long long>(x); }

// Conversions to integers take values out of range to the nearest end, and NaN to 0, as the GPU does.
template <class To>
static inline To simulator_convert(double x, double lowest, double highest) {
    return x != x ? To{0} : x <= lowest ? static_cast<To>(lowest) : x >= highest ? static_cast<To>(highest) : static_cast<To>(x);
}
static inline int __float2int_rn(float x) { return simulator_convert<int>(rint(x), -2147483648.0, 2147483647.0); }
static inline int __float2int_rz(float x) { return simulator_convert<int>(trunc(x), -2147483648.0, 2147483647.0); }
static inline int __float2int_rd(float x) { return simulator_convert<int>(floor(x), -2147483648.0, 2147483647.0); }
static inline int __float2int_ru(float x) { return simulator_convert<int>(ceil(x), -2147483648.0, 2147483647.0); }
static inline unsigned __float2uint_rn(float x) { return simulator_convert<unsigned>(rint(x), 0.0, 4294967295.0); }
static inline unsigned __float2uint_rz(float x) { return simulator_convert<unsigned>(trunc(x), 0.0, 4294967295.0); }
static inline float __int2float_rn(int x) { return static_cast<float>(x); }
static inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
static inline float __ll2float_rn(long long x) { return static_cast<float>(x); }
static inline float __ull2float_rn(unsigned long long x) { return static_cast<float>(x); }
static inline float __double2float_rn(double x) { return static_cast<float>(x); }

static inline unsigned __umulhi(unsigned x, unsigned y) { return static_cast<unsigned>(static_cast<unsigned long long>(x) * y >> 32); }
static inline int __mulhi(int x, int y) { return static_cast<int>(static_cast<long long>(x) * y >> 32); }
__extension__ typedef unsigned __int128 simulator_uint128;
static inline unsigned long long __umul64hi(unsigned long long x, unsigned long long y) {
    return static_cast<unsigned long long>(static_cast<simulator_uint128>(x) * y >> 64);
}
static inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
static inline int __clzll(long long x) { return x == 0 ? 64 : __builtin_clzll(static_cast<unsigned long long>(x)); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline unsigned __brev(unsigned x) {
    unsigned y = 0;
    for (int i = 0; i < 32; i++)
        y |= (x >> i & 1u) << (31 - i);
    return y;
}
static inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<unsigned long long>(high) << 32 | low) << (shift & 31u) >> 32);
}
static inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
    return static_cast<unsigned>((static_cast<unsigned long long>(high) << 32 | low) >> (shift & 31u));
}

#define SIMULATOR_MINMAX(type)                                              \
    static inline type min(type x, type y) { return x < y ? x : y; }        \
    static inline type max(type x, type y) { return x > y ? x : y; }
SIMULATOR_MINMAX(int)
SIMULATOR_MINMAX(unsigned)
SIMULATOR_MINMAX(long)
SIMULATOR_MINMAX(unsigned long)
SIMULATOR_MINMAX(long long)
SIMULATOR_MINMAX(unsigned long long)
#undef SIMULATOR_MINMAX
static inline float min(float x, float y) { return fminf(x, y); }
static inline float max(float x, float y) { return fmaxf(x, y); }
static inline double min(double x, double y) { return fmin(x, y); }
static inline double max(double x, double y) { return fmax(x, y); }

template <class T>
SIMULATOR_INLINE T __ldg(const T* address) { return *address; }
template <class T>
SIMULATOR_INLINE T __ldcs(const T* address) { return *address; }
template <class T>
SIMULATOR_INLINE void __stcs(T* address, T value) { *address = value; }

extern "C" int printf(const char*, ...);
