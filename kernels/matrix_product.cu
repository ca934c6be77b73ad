// Matrix products in float32: C[batch, m, n] = op(A) · op(B). Every size is allowed: k = 0 gives zeros. Three versions, and the sum of
// slices of the depth.
#include "matrix_product.cuh"

// Version 1: a thread an element of C, each operand read from global memory for each use. The definition, in CUDA.
// Launch: blocks of any number of threads, a loop over batch * m * n. No slices (slices = 1).
extern "C" __global__ void matrix_product_1(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c,
    matrix_product_geometry g) {
    const int64 a_row = g.transpose_a ? 1 : g.k, a_depth = g.transpose_a ? g.m : 1;
    const int64 b_depth = g.transpose_b ? 1 : g.n, b_column = g.transpose_b ? g.k : 1;
    const int64 count = static_cast<int64>(g.batch) * g.m * g.n;
    for (int64 i = first_index(); i < count; i += index_step()) {
        const int64 column = i % g.n, row = i / g.n % g.m, product = i / g.n / g.m;
        const float* const left = a + product * g.m * g.k + row * a_row;
        const float* const right = b + product * g.k * g.n + column * b_column;
        float sum = 0.0f;
        for (int k = 0; k < g.k; k++)
            sum = fmaf(left[k * a_depth], right[k * b_depth], sum);
        c[i] = sum;
    }
}

// Version 2: squares of 16 by 16 of both operands wait in shared memory, so each value that was fetched from global memory serves 16
// threads. Launch: batch * ceil(m / 16) * ceil(n / 16) blocks of 256 threads. No slices.
extern "C" __global__ void __launch_bounds__(256)
    matrix_product_2(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, matrix_product_geometry g) {
    constexpr int side = 16, stride = side + 1;
    SHARED(float, left, side * stride);   // [k][row], a column more than needed: neighbors of a column then lie in different banks
    SHARED(float, right, side * stride);  // [k][column]
    const matrix_product_tile at(g, side, side);
    const float* const matrix_a = a + at.product * g.m * g.k;
    const float* const matrix_b = b + at.product * g.k * g.n;
    const int slow = threadIdx.x / side, fast = threadIdx.x % side;
    float sum = 0.0f;
    for (int first = 0; first < g.k; first += side) {
        // Neighboring threads fetch neighbors in memory, whichever way the operand lies.
        const int a_line = at.row + (g.transpose_a ? fast : slow), a_k = g.transpose_a ? slow : fast;
        const int b_line = at.column + (g.transpose_b ? slow : fast), b_k = g.transpose_b ? fast : slow;
        float from_a = 0.0f, from_b = 0.0f;
        if (a_line < g.m && first + a_k < g.k)
            from_a = matrix_a[g.transpose_a ? static_cast<int64>(first + a_k) * g.m + a_line
                : static_cast<int64>(a_line) * g.k + first + a_k];
        if (b_line < g.n && first + b_k < g.k)
            from_b = matrix_b[g.transpose_b ? static_cast<int64>(b_line) * g.k + first + b_k
                : static_cast<int64>(first + b_k) * g.n + b_line];
        left[a_k * stride + a_line - at.row] = from_a;
        right[b_k * stride + b_line - at.column] = from_b;
        __syncthreads();
#pragma unroll
        for (int k = 0; k < side; k++)
            sum = fmaf(left[k * stride + slow], right[k * stride + fast], sum);
        __syncthreads();
    }
    const int row = at.row + slow, column = at.column + fast;
    if (row < g.m && column < g.n)
        c[(at.product * g.m + row) * g.n + column] = sum;
}

// A step of one operand on its way from global to shared memory: `lines` rows of op(A) or columns of op(B), 16 deep. A thread fetches four
// neighbors at a time into registers, and later puts them down as [k][line], whichever way they lay.
template <int lines, int threads>
struct matrix_product_panel {
    static constexpr int depth = 16, stride = lines + 4;
    static constexpr int floats = depth * stride;
    static constexpr int fours = lines * depth / 4 / threads;
    static_assert(fours * threads * 4 == lines * depth, "every thread must fetch as much");

    const float* matrix;
    int first_line, end_line, end_k, leading;
    bool along_depth, vector;  // Whether neighbors in memory are neighbors in k; whether a float4 can be fetched.
    float4 held[fours];

    __device__ __forceinline__ void fetch(int first_k) {
#pragma unroll
        for (int i = 0; i < fours; i++) {
            const int index = threadIdx.x + i * threads;
            const int line = first_line + (along_depth ? index / (depth / 4) : index % (lines / 4) * 4);
            const int k = first_k + (along_depth ? index % (depth / 4) * 4 : index / (lines / 4));
            held[i] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
            if (line >= end_line || k >= end_k)
                continue;
            const float* const from = matrix
                + (along_depth ? static_cast<int64>(line) * leading + k : static_cast<int64>(k) * leading + line);
            const int count = along_depth ? end_k - k : end_line - line;
            if (vector) {
                held[i] = *reinterpret_cast<const float4*>(from);
            } else {
                held[i].x = from[0];
                if (count > 1)
                    held[i].y = from[1];
                if (count > 2)
                    held[i].z = from[2];
                if (count > 3)
                    held[i].w = from[3];
            }
        }
    }

    __device__ __forceinline__ void put(float* panel) const {
#pragma unroll
        for (int i = 0; i < fours; i++) {
            const int index = threadIdx.x + i * threads;
            if (along_depth) {
                float* const to = panel + index % (depth / 4) * 4 * stride + index / (depth / 4);
                to[0] = held[i].x;
                to[stride] = held[i].y;
                to[2 * stride] = held[i].z;
                to[3 * stride] = held[i].w;
            } else {
                *reinterpret_cast<float4*>(panel + index / (lines / 4) * stride + index % (lines / 4) * 4) = held[i];
            }
        }
    }
};

// Version 3's block: a tile [rows, columns] of C, of which each thread sums thread_rows by thread_columns elements in registers.
template <int rows, int columns, int thread_rows, int thread_columns>
static __device__ __forceinline__ void matrix_product_registers(const float* a, const float* b, float* c, const matrix_product_geometry& g,
    float* shared) {
    constexpr int across = columns / thread_columns, threads = rows / thread_rows * across;
    using a_panel = matrix_product_panel<rows, threads>;
    using b_panel = matrix_product_panel<columns, threads>;
    constexpr int depth = a_panel::depth, stage = a_panel::floats + b_panel::floats;

    const matrix_product_tile at(g, rows, columns);
    a_panel left = {a + at.product * g.m * g.k, at.row, g.m, at.end_k, g.transpose_a ? g.m : g.k, g.transpose_a == 0, g.vector_a != 0, {}};
    b_panel right = {b + at.product * g.k * g.n, at.column, g.n, at.end_k, g.transpose_b ? g.k
        : g.n, g.transpose_b != 0, g.vector_b != 0, {}};

    // Four neighbors at a time: a thread's second four rows lie half a tile below its first four, so that the threads of a warp read
    // neighboring float4s.
    const int row = threadIdx.x / across * 4, column = threadIdx.x % across * 4;
    constexpr int row_distance = rows / (thread_rows / 4), column_distance = columns / (thread_columns / 4);
    float sums[thread_rows][thread_columns] = {};

    // Two panels of each operand: one is multiplied while the next is filled, and one barrier a step is enough.
    left.fetch(at.first_k);
    right.fetch(at.first_k);
    left.put(shared);
    right.put(shared + a_panel::floats);
    __syncthreads();
    int current = 0;
    for (int k = at.first_k; k < at.end_k; k += depth) {
        const bool more = k + depth < at.end_k;
        if (more) {
            left.fetch(k + depth);
            right.fetch(k + depth);
        }
        const float* const from_a = shared + current * stage + row;
        const float* const from_b = shared + current * stage + a_panel::floats + column;
#pragma unroll
        for (int step = 0; step < depth; step++) {
            float down[thread_rows], along[thread_columns];
#pragma unroll
            for (int i = 0; i < thread_rows; i += 4)
                *reinterpret_cast<float4*>(down + i) =
                    *reinterpret_cast<const float4*>(from_a + step * a_panel::stride + i / 4 * row_distance);
#pragma unroll
            for (int j = 0; j < thread_columns; j += 4)
                *reinterpret_cast<float4*>(along + j) =
                    *reinterpret_cast<const float4*>(from_b + step * b_panel::stride + j / 4 * column_distance);
#pragma unroll
            for (int i = 0; i < thread_rows; i++) {
#pragma unroll
                for (int j = 0; j < thread_columns; j++)
                    sums[i][j] = fmaf(down[i], along[j], sums[i][j]);
            }
        }
        current ^= 1;
        if (more) {
            left.put(shared + current * stage);
            right.put(shared + current * stage + a_panel::floats);
        }
        __syncthreads();
    }

    const matrix_product_target target(g, at, c);
#pragma unroll
    for (int i = 0; i < thread_rows; i++) {
#pragma unroll
        for (int j = 0; j < thread_columns; j += 4)
            target.store(row + i / 4 * row_distance + i % 4, column + j / 4 * column_distance,
                         make_float4(sums[i][j], sums[i][j + 1], sums[i][j + 2], sums[i][j + 3]));
    }
}

// Version 3: a thread sums 8 by 8 elements in registers, so that a value read from shared memory serves 8 multiplications, and the next
// step is fetched while this one is multiplied. In three sizes of tile, of which the smaller ones (4 by 4 elements a thread) keep all
// multiprocessors busy where C is small. Launch: batch * slices * ceil(m / rows) * ceil(n / columns) blocks of `threads`. The compiler
// limits registers so that `resident` blocks fit a multiprocessor.
#define MATRIX_PRODUCT_REGISTERS(name, rows, columns, thread_rows, thread_columns, threads, resident)                        \
    extern "C" __global__ void __launch_bounds__(threads, resident)                                                          \
        name(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, matrix_product_geometry g) {   \
        static_assert(rows / thread_rows * (columns / thread_columns) == threads, "a thread for each part of the tile");     \
        SHARED(float, shared, 2 * 16 * (rows + columns + 8));                                                                \
        matrix_product_registers<rows, columns, thread_rows, thread_columns>(a, b, c, g, shared);                            \
    }

MATRIX_PRODUCT_REGISTERS(matrix_product_3_128x128, 128, 128, 8, 8, 256, 2)
MATRIX_PRODUCT_REGISTERS(matrix_product_3_64x64, 64, 64, 4, 4, 256, 3)
MATRIX_PRODUCT_REGISTERS(matrix_product_3_32x32, 32, 32, 4, 4, 64, 8)
