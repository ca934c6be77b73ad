// Version 3 of the three convolutions: the same matrix products as version 2 on tensor cores, operands rounded to TF32 or bfloat16 on their
// way into them, sums in float32. Contract: convolution_product.cuh. convolution_tf32.cu and convolution_bf16.cu stamp out the kernels.
#pragma once

#include "convolution_product.cuh"
#include "tensor_core.cuh"

#if HAS_TENSOR_CORES

template <typename Tile, typename Rounding>
struct tensor_convolution_tile : Tile {
    static constexpr int depth = step_depth, resident_blocks = Tile::rows * Tile::columns >= 128 * 128 ? 2 : 3;

    template <int lines>
    using depth_fastest = ::depth_fastest<lines>;
    template <int lines>
    using lines_fastest = ::lines_fastest<lines>;

    template <typename A, typename B>
    static __device__ __forceinline__ void product(const A& a, const B& b, int steps, float* shared, typename Tile::sums& d) {
        tensor_product<Tile, Rounding>(a, b, steps, shared, d);
    }
};

// Tiles by how many columns there are; the narrow one wastes most of its products at three channels, but what it waits for there is memory.
template <typename Rounding>
using tensor_128x128 = tensor_convolution_tile<tensor_tile<128, 128, 64, 64, 3>, Rounding>;  // 128 threads, 98304 bytes of shared memory
template <typename Rounding>
using tensor_64x64 = tensor_convolution_tile<tensor_tile<64, 64, 32, 32, 4>, Rounding>;  // 128 threads, 65536 bytes
template <typename Rounding>
using tensor_128x32 = tensor_convolution_tile<tensor_tile<128, 32, 32, 32, 3>, Rounding>;  // 128 threads, 61440 bytes

#define CONVOLUTION_TENSOR_KERNELS(rounding)                                 \
    CONVOLUTION_KERNELS(3_##rounding##_128x128, tensor_128x128<rounding>)    \
    CONVOLUTION_KERNELS(3_##rounding##_64x64, tensor_64x64<rounding>)        \
    CONVOLUTION_KERNELS(3_##rounding##_128x32, tensor_128x32<rounding>)      \
    CONVOLUTION_TURNED_KERNEL(3_##rounding##_128x32, tensor_128x32<rounding>)

#endif
