// What all kernels of the matrix product share: the sizes, where a block works, and how four results are stored.
#pragma once

#include "kernel.cuh"

// C[batch, m, n] = op(A) · op(B): MatrixProductArguments in Cuda/MatrixProductVersion.cs. A is [batch, m, k], or [batch, k, m] when
// transposed; B is [batch, k, n], or [batch, n, k]. The depth k may be cut into `slices` parts of slice_depth (a multiple of 64; the last
// may be shorter): then the blocks of slice s write the product of their part to matrix s of C[slices, batch, m, n], a scratch array that
// slices.cuh adds up.
struct matrix_product_geometry {
    int batch, m, n, k;
    int transpose_a, transpose_b;
    int vector_a, vector_b, vector_c;  // Whether the array is aligned to 16 bytes and its rows are a multiple of as many (of c: of four).
    int narrow_c;                      // Whether C is bfloat16, which only a product of bfloat16 can give.
    int slices, slice_depth;
};

// Where a block works. Blocks go through the tiles in bands of eight tile rows, down each column of the band, so that those which run at
// the same time share rows and columns in the L2 cache.
struct matrix_product_tile {
    int64 product;            // Of the batch.
    int slice;
    int row, column;          // The tile's corner in C.
    int first_k, end_k;       // The slice's part of the depth.

    // The launch has batch * slices * ceil(m / rows) * ceil(n / columns) blocks.
    __device__ __forceinline__ matrix_product_tile(const matrix_product_geometry& g, int rows, int columns) {
        constexpr unsigned band_rows = 8;
        const unsigned down = (g.m + rows - 1) / rows, across = (g.n + columns - 1) / columns;
        const unsigned tile = blockIdx.x % (down * across), matrix = blockIdx.x / (down * across);
        const unsigned band = tile / (band_rows * across) * band_rows, inside = tile % (band_rows * across);
        const unsigned height = min(band_rows, down - band);
        product = matrix % g.batch;
        slice = matrix / g.batch;
        row = (band + inside % height) * rows;
        column = inside / height * columns;
        first_k = slice * g.slice_depth;
        end_k = min(g.k, first_k + g.slice_depth);
    }
};

// The block's tile of C.
struct matrix_product_target {
    float* corner;
    int rows_left, columns_left, stride;
    bool vector;

    __device__ __forceinline__ matrix_product_target(const matrix_product_geometry& g, const matrix_product_tile& at, float* c)
        : corner(c + ((at.slice * static_cast<int64>(g.batch) + at.product) * g.m + at.row) * g.n + at.column),
          rows_left(g.m - at.row), columns_left(g.n - at.column), stride(g.n), vector(g.vector_c != 0) {}

    // Four neighbors of a row; column is a multiple of 4. What lies beyond the edge is dropped.
    __device__ __forceinline__ void store(int row, int column, float4 values) const {
        if (row >= rows_left || column >= columns_left)
            return;
        float* const to = corner + static_cast<int64>(row) * stride + column;
        if (vector) {
            *reinterpret_cast<float4*>(to) = values;
            return;
        }
        const float each[4] = {values.x, values.y, values.z, values.w};
#pragma unroll
        for (int i = 0; i < 4; i++) {
            if (column + i < columns_left)
                to[i] = each[i];
        }
    }
};
