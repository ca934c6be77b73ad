// A float of two bytes: the upper half of a float32, so its range and eight significant bits. Kernels load it as a float, compute in
// float32 and round what they store.
#pragma once

#include "ptx.cuh"

struct bfloat16 {
    unsigned short bits;
};

// Exact.
static __device__ __forceinline__ float to_float(float x) { return x; }
static __device__ __forceinline__ float to_float(bfloat16 x) { return __uint_as_float(static_cast<uint32>(x.bits) << 16); }

// Two rounded to the nearest, of two equally near to the even one, `low` in the lower half; NaN stays NaN. An instruction of its own from
// sm_80 on.
static __device__ __forceinline__ uint32 round_two(float low, float high) {
#if HAS_TENSOR_CORES
    return pack_bf16(low, high);
#else
    const uint32 l = __float_as_uint(low), h = __float_as_uint(high);
    const uint32 below = low != low ? (l | 0x00400000u) >> 16 : (l + 0x7fffu + (l >> 16 & 1u)) >> 16;
    const uint32 above = high != high ? h | 0x00400000u : h + 0x7fffu + (h >> 16 & 1u);
    return below | (above & 0xffff0000u);
#endif
}

template <typename Element>
static __device__ __forceinline__ Element from_float(float x);

template <>
__device__ __forceinline__ float from_float<float>(float x) {
    return x;
}

template <>
__device__ __forceinline__ bfloat16 from_float<bfloat16>(float x) {
    return {static_cast<unsigned short>(round_two(x, 0.0f))};
}

// Four neighbors as one access: 16 bytes of float32 or 8 of bfloat16, aligned to as much.
static __device__ __forceinline__ float4 load_four(const float* from) { return *reinterpret_cast<const float4*>(from); }

static __device__ __forceinline__ float4 load_four(const bfloat16* from) {
    const uint2 two = *reinterpret_cast<const uint2*>(from);
    return make_float4(__uint_as_float(two.x << 16), __uint_as_float(two.x & 0xffff0000u), __uint_as_float(two.y << 16),
        __uint_as_float(two.y & 0xffff0000u));
}

// As they are after they were stored in bfloat16.
static __device__ __forceinline__ float4 rounded(float4 four) {
    const uint32 low = round_two(four.x, four.y), high = round_two(four.z, four.w);
    return make_float4(__uint_as_float(low << 16), __uint_as_float(low & 0xffff0000u), __uint_as_float(high << 16),
        __uint_as_float(high & 0xffff0000u));
}

static __device__ __forceinline__ void store_four(float* to, float4 four) { *reinterpret_cast<float4*>(to) = four; }

static __device__ __forceinline__ void store_four(bfloat16* to, float4 four) {
    *reinterpret_cast<uint2*>(to) = make_uint2(round_two(four.x, four.y), round_two(four.z, four.w));
}

// From element `place` on of an array of bfloat16 where `narrow`, else of float32.
static __device__ __forceinline__ void store_four(void* array, bool narrow, int64 place, float4 four) {
    if (narrow)
        store_four(static_cast<bfloat16*>(array) + place, four);
    else
        store_four(static_cast<float*>(array) + place, four);
}
