// The PTX instructions that CUDA C++ has no word for: asynchronous copies into shared memory, rounding to bfloat16, and the tensor cores'
// matrix product. Each has a twin in host/ptx.h, which computes the same on the host.
//
// Tensor cores multiply fragments: 32 lanes of a warp together hold a small matrix, each lane a few of its elements in registers. With
// `group = lane / 4` and `member = lane % 4` (PTX ISA, "Matrix Fragments for mma.m16n8k8" and "… mma.m16n8k16 with floating point type"):
//
//   mma_tf32: D[16, 8] += A[16, 8] · B[8, 8]      mma_bf16: D[16, 8] += A[16, 16] · B[16, 8]
//     a[0] = A[group    ][member    ]               a[0] = A[group    ][2 member    .. + 1]
//     a[1] = A[group + 8][member    ]               a[1] = A[group + 8][2 member    .. + 1]
//     a[2] = A[group    ][member + 4]               a[2] = A[group    ][2 member + 8 .. + 9]
//     a[3] = A[group + 8][member + 4]               a[3] = A[group + 8][2 member + 8 .. + 9]
//     b[0] = B[member    ][group]                   b[0] = B[2 member    .. + 1][group]
//     b[1] = B[member + 4][group]                   b[1] = B[2 member + 8 .. + 9][group]
//                                                 (two elements a register, the first in its lower half)
//   and of both: d[0], d[1] = D[group][2 member], D[group][2 member + 1];  d[2], d[3] = D[group + 8][2 member], D[group + 8][2 member + 1].
//
// Fragments are read from shared memory by ldmatrix: of four matrices of 8 by 8 elements of two bytes, lane 8 i + r gives the address of
// row r of matrix i (16 bytes, aligned to as many), and register i becomes the elements 2 member and 2 member + 1 of the row `group` of
// matrix i; transposed, those of its column `group` (PTX ISA, "ldmatrix").
//
// Below sm_80 there are no such tensor cores: the copies become plain ones, and pack_bf16, ldmatrix and the products are left out, as the
// kernels that use them must be (`#if HAS_TENSOR_CORES`).
#pragma once

#include "kernel.cuh"

#ifdef __CUDACC__

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define HAS_TENSOR_CORES 1
#else
#define HAS_TENSOR_CORES 0
#endif

// A place in shared memory, in bytes. Instructions take it in 32 bits, so that places a constant apart cost nothing to find.
using shared_address = uint32;

static __device__ __forceinline__ shared_address address_of(const void* shared) {
    return static_cast<uint32>(__cvta_generic_to_shared(shared));
}

#if HAS_TENSOR_CORES

// Starts copying 16 bytes from global to shared memory, both aligned to 16 bytes; writes zeros and reads nothing when `valid` is false.
// What was copied can be read after cp_async_wait by the thread that copied, and by others after a barrier that follows.
static __device__ __forceinline__ void cp_async_16(shared_address shared, const void* global, bool valid) {
    const int bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(global), "r"(bytes) : "memory");
}

// The same with 4 bytes, aligned to 4 bytes.
static __device__ __forceinline__ void cp_async_4(shared_address shared, const void* global, bool valid) {
    const int bytes = valid ? 4 : 0;
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared), "l"(global), "r"(bytes) : "memory");
}

// Closes a group: the copies that this thread has started since the last one. An empty group is a group.
static __device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most the `pending` youngest of this thread's groups are under way.
template <int pending>
static __device__ __forceinline__ void cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

// Two bfloat16 (8 bits of exponent, 7 of mantissa), rounded to nearest even, `low` in the lower half.
static __device__ __forceinline__ uint32 pack_bf16(float low, float high) {
    uint32 packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
    return packed;
}

// Four matrices of 8 by 8 from shared memory, each lane with the address of one of their rows. All 32 lanes call it together.
static __device__ __forceinline__ void load_matrices(uint32 (&d)[4], shared_address row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
                 : "r"(row)
                 : "memory");
}

static __device__ __forceinline__ void load_matrices_transposed(uint32 (&d)[4], shared_address row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
                 : "r"(row)
                 : "memory");
}

// D += A · B on a warp's fragments of TF32, summed in float32. All 32 lanes call it together.
static __device__ __forceinline__ void mma_tf32(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// D += A · B on a warp's fragments of bfloat16, summed in float32. All 32 lanes call it together.
static __device__ __forceinline__ void mma_bf16(float (&d)[4], const uint32 (&a)[4], const uint32 (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#else

static __device__ __forceinline__ void cp_async_16(shared_address shared, const void* global, bool valid) {
    float4* const to = static_cast<float4*>(__cvta_shared_to_generic(shared));
    *to = valid ? *static_cast<const float4*>(global) : make_float4(0.0f, 0.0f, 0.0f, 0.0f);
}

static __device__ __forceinline__ void cp_async_4(shared_address shared, const void* global, bool valid) {
    *static_cast<float*>(__cvta_shared_to_generic(shared)) = valid ? *static_cast<const float*>(global) : 0.0f;
}

static __device__ __forceinline__ void cp_async_commit() {}

template <int pending>
static __device__ __forceinline__ void cp_async_wait() {}

#endif

#else

#define HAS_TENSOR_CORES 1
#include "host/ptx.h"

#endif

// Rounded to TF32 (8 bits of exponent, 10 of mantissa) to nearest, ties away from zero, in the upper 19 bits, which are all that a product
// looks at: adding half of the last place that stays. cvt.rna.tf32 would be four instructions. A NaN stays as it is, since the sum could
// carry into its sign.
static __device__ __forceinline__ uint32 to_tf32(float x) { return x == x ? __float_as_uint(x) + 0x1000u : __float_as_uint(x); }
