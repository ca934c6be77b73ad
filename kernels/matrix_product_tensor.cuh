// The matrix product on tensor cores, for any tile: what matrix_product_tf32.cu and matrix_product_bf16.cu make kernels of.
#pragma once

#include "matrix_product.cuh"
#include "operands.cuh"

#if HAS_TENSOR_CORES

template <bool first, typename First, typename Second>
struct either_type {
    using type = First;
};

template <typename First, typename Second>
struct either_type<false, First, Second> {
    using type = Second;
};

template <bool first, typename First, typename Second>
using either = typename either_type<first, First, Second>::type;

template <typename Tile, bool transpose_a, bool transpose_b>
static __device__ __forceinline__ void matrix_product_tensor(const typename Tile::element* a, const typename Tile::element* b,
    const product_result<typename Tile::element>& c, const matrix_product_geometry& g, typename Tile::element* shared) {
    using element = typename Tile::element;
    using a_lines = either<transpose_a, typename Tile::template lines_fastest<Tile::rows>,
        typename Tile::template depth_fastest<Tile::rows>>;
    using b_lines = either<transpose_b, typename Tile::template depth_fastest<Tile::columns>,
        typename Tile::template lines_fastest<Tile::columns>>;
    const matrix_product_tile at(g, Tile::rows, Tile::columns);
    const int a_leading = transpose_a ? g.m : g.k, b_leading = transpose_b ? g.k : g.n;
    const element* const a_corner = a + at.product * g.m * g.k + static_cast<int64>(at.row) * (transpose_a ? 1 : a_leading);
    const element* const b_corner = b + at.product * g.k * g.n + static_cast<int64>(at.column) * (transpose_b ? b_leading : 1);
    const matrix_loader<a_lines, element, !transpose_a, Tile::depth, Tile::threads> left = {a_corner, g.m - at.row, a_leading, at.first_k,
        at.end_k, g.vector_a != 0};
    const matrix_loader<b_lines, element, transpose_b, Tile::depth, Tile::threads> right = {b_corner, g.n - at.column, b_leading,
        at.first_k, at.end_k, g.vector_b != 0};

    typename Tile::sums sums;
    multiply_tile<Tile>(left, right, (at.end_k - at.first_k + Tile::depth - 1) / Tile::depth, shared, sums);
    const int64 corner = (at.product * g.m + at.row) * g.n + at.column;
    finish_tile<Tile>(sums, shared, c, at.slice, g.slices, 0, static_cast<int64>(g.batch) * g.m * g.n, at.column, g.n,
        [&](int row, int column) -> int64 { return at.row + row < g.m ? corner + static_cast<int64>(row) * g.n + column : -1; });
}

// A kernel: which operands are transposed is part of its name (n not, t transposed), since each way lies differently in shared memory.
#define MATRIX_PRODUCT_TENSOR(name, tile, element, result, transpose_a, transpose_b)                                            \
    extern "C" __global__ void __launch_bounds__(tile::threads)                                                                 \
        name(const element* __restrict__ a, const element* __restrict__ b, result* __restrict__ c, matrix_product_geometry g) { \
        DYNAMIC_SHARED(element, shared);                                                                                        \
        const product_result<element> to = {c, g.vector_c != 0, g.narrow_c != 0};                                               \
        matrix_product_tensor<tile, transpose_a, transpose_b>(a, b, to, g, shared);                                             \
    }

#define MATRIX_PRODUCT_TENSOR_ALL(prefix, tile, element, result)            \
    MATRIX_PRODUCT_TENSOR(prefix##_nn, tile, element, result, false, false) \
    MATRIX_PRODUCT_TENSOR(prefix##_nt, tile, element, result, false, true)  \
    MATRIX_PRODUCT_TENSOR(prefix##_tn, tile, element, result, true, false)  \
    MATRIX_PRODUCT_TENSOR(prefix##_tt, tile, element, result, true, true)

#endif
