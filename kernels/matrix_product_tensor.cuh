// The matrix product on tensor cores, with operands rounded as `Rounding` does: what matrix_product_tf32.cu and matrix_product_bf16.cu make
// kernels of. Tile code: tensor_core.cuh.
#pragma once

#include "matrix_product.cuh"
#include "tensor_core.cuh"

#if HAS_TENSOR_CORES

// `lines` lines of a matrix in memory, from `corner`: line l and k lie at corner[l * leading + k]. The matrix has lines_left lines and
// depth values of k.
template <int lines, int threads>
struct matrix_lines_by_depth {
    using layout = depth_fastest<lines>;
    static_assert(lines * step_depth % (4 * threads) == 0, "every thread must copy as much");
    const float* corner;
    int64 leading;
    int lines_left, depth;
    bool vector;

    __device__ __forceinline__ void load(float* stage, int step) const {
        const int first = step * step_depth;
        if (vector) {
#pragma unroll
            for (int i = 0; i < lines * step_depth / 4 / threads; i++) {
                const int index = threadIdx.x + i * threads;
                const int line = index / (step_depth / 4), k = index % (step_depth / 4) * 4;
                const bool valid = line < lines_left && first + k < depth;
                cp_async_16(stage + layout::at(line, k), valid ? corner + line * leading + first + k : corner, valid);
            }
        } else {
#pragma unroll 1
            for (int i = 0; i < lines * step_depth / threads; i++) {
                const int index = threadIdx.x + i * threads;
                const int line = index / step_depth, k = index % step_depth;
                const bool valid = line < lines_left && first + k < depth;
                cp_async_4(stage + layout::at(line, k), valid ? corner + line * leading + first + k : corner, valid);
            }
        }
    }
};

// The same of a matrix that lies the other way: line l and k at corner[k * leading + l].
template <int lines, int threads>
struct matrix_depth_by_lines {
    using layout = lines_fastest<lines>;
    static_assert(lines * step_depth % (4 * threads) == 0, "every thread must copy as much");
    const float* corner;
    int64 leading;
    int lines_left, depth;
    bool vector;

    __device__ __forceinline__ void load(float* stage, int step) const {
        const int first = step * step_depth;
        if (vector) {
#pragma unroll
            for (int i = 0; i < lines * step_depth / 4 / threads; i++) {
                const int index = threadIdx.x + i * threads;
                const int line = index % (lines / 4) * 4, k = index / (lines / 4);
                const bool valid = line < lines_left && first + k < depth;
                cp_async_16(stage + layout::at(line, k), valid ? corner + (first + k) * leading + line : corner, valid);
            }
        } else {
#pragma unroll 1
            for (int i = 0; i < lines * step_depth / threads; i++) {
                const int index = threadIdx.x + i * threads;
                const int line = index % lines, k = index / lines;
                const bool valid = line < lines_left && first + k < depth;
                cp_async_4(stage + layout::at(line, k), valid ? corner + (first + k) * leading + line : corner, valid);
            }
        }
    }
};

template <bool along_depth, int lines, int threads>
struct matrix_lines {
    using type = matrix_lines_by_depth<lines, threads>;
};

template <int lines, int threads>
struct matrix_lines<false, lines, threads> {
    using type = matrix_depth_by_lines<lines, threads>;
};

template <typename Tile, typename Rounding, bool transpose_a, bool transpose_b>
static __device__ __forceinline__ void matrix_product_tensor(const float* a, const float* b, float* c, const matrix_product_geometry& g,
    float* shared) {
    using a_loader = typename matrix_lines<!transpose_a, Tile::rows, Tile::threads>::type;
    using b_loader = typename matrix_lines<transpose_b, Tile::columns, Tile::threads>::type;
    const matrix_product_tile at(g, Tile::rows, Tile::columns);
    const int64 a_leading = transpose_a ? g.m : g.k, b_leading = transpose_b ? g.k : g.n;
    const int64 a_corner = transpose_a ? at.first_k * a_leading + at.row : at.row * a_leading + at.first_k;
    const int64 b_corner = transpose_b ? at.column * b_leading + at.first_k : at.first_k * b_leading + at.column;
    const int depth = at.end_k - at.first_k;
    const a_loader left = {a + at.product * g.m * g.k + a_corner, a_leading, g.m - at.row, depth, g.vector_a != 0};
    const b_loader right = {b + at.product * g.k * g.n + b_corner, b_leading, g.n - at.column, depth, g.vector_b != 0};

    typename Tile::sums sums;
    tensor_product<Tile, Rounding>(left, right, (depth + step_depth - 1) / step_depth, shared, sums);
    const matrix_product_target target(g, at, c);
    Tile::for_each(sums, [&](int row, int column, float4 values) { target.store(row, column, values); });
}

// A kernel: which operands are transposed is part of its name (n not, t transposed), since each way lies differently in shared memory.
#define MATRIX_PRODUCT_TENSOR(name, rounding, tile, transpose_a, transpose_b)                                                  \
    extern "C" __global__ void __launch_bounds__(tile::threads)                                                                \
        name(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, matrix_product_geometry g) {     \
        DYNAMIC_SHARED(float, shared);                                                                                         \
        matrix_product_tensor<tile, rounding, transpose_a, transpose_b>(a, b, c, g, shared);                                   \
    }

#define MATRIX_PRODUCT_TENSOR_ALL(prefix, rounding, tile)                    \
    MATRIX_PRODUCT_TENSOR(prefix##_nn, rounding, tile, false, false)         \
    MATRIX_PRODUCT_TENSOR(prefix##_nt, rounding, tile, false, true)          \
    MATRIX_PRODUCT_TENSOR(prefix##_tn, rounding, tile, true, false)          \
    MATRIX_PRODUCT_TENSOR(prefix##_tt, rounding, tile, true, true)

// The tiles in which both families come, as MatrixProductVersion.cs knows them. The larger the tile, the more often each value fetched from
// the L2 cache is used (256 by 128: 85 products a float of both operands); the smaller, the more multiprocessors a small C keeps busy.
using tensor_tile_256x128 = tensor_tile<256, 128, 64, 64, 3>;  // 256 threads, 147456 bytes
using tensor_tile_128x128 = tensor_tile<128, 128, 64, 64, 3>;  // 128 threads,  98304 bytes
using tensor_tile_64x64 = tensor_tile<64, 64, 32, 32, 4>;      // 128 threads,  65536 bytes

#endif
