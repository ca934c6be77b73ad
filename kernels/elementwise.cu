// Functions of float32 arrays, element by element: elementwise.cuh.
#include "elementwise.cuh"

// elementwise_<name>: y[i] = f(x[i]) for count elements. Launch: any grid of one dimension, any block of one dimension. vectors is count /
// 4 where x and y lie on 16 bytes, else 0: so many groups of four go as float4.
#define UNARY_KERNEL(name)                                                                                                        \
    extern "C" __global__ void elementwise_##name(const float* x, float* y, int64 count, int64 vectors, float a, float b) {       \
        map(float_input{x}, float_output{y}, count, vectors, unary::name{a, b});                                                  \
    }

// elementwise_<name>_flat: y[i] = f(a[i], b[i]) for count > 0 elements. numbers: 1 where a is a single number, 2 where b is, 3 both.
// Launch: any grid of one dimension, any block of one dimension. vectors is count / 4 where all arrays of count elements lie on 16 bytes,
// else 0.
//
// elementwise_<name>_rows: the same with one operand a row of `columns` that repeats (a bias): a if row_is_a, else b. What it gains over
// _strided: whole vectors, no division. Launch: a grid of one dimension with fewer than 2^32 threads. With in_vectors the arrays lie on 16
// bytes and columns is divisible by 4.
//
// elementwise_<name>_strided: any geometry. Threads in x walk the innermost axis, threads in y the rows; divisions are made once a row.
// Launch: any grid and block of two dimensions.
#define BINARY_KERNELS(name)                                                                                                      \
    extern "C" __global__ void elementwise_##name##_flat(                                                                         \
        const float* a, const float* b, float* y, int64 count, int64 vectors, int numbers, float alpha, float rest) {             \
        combine_flat(float_input{a}, float_input{b}, float_output{y}, count, vectors, numbers, binary::name{alpha, rest});        \
    }                                                                                                                             \
    extern "C" __global__ void elementwise_##name##_rows(                                                                         \
        const float* a, const float* b, float* y, int64 count, int columns, int row_is_a, int in_vectors, float alpha, float rest) { \
        combine_rows(float_input{a}, float_input{b}, float_output{y}, count, columns, row_is_a != 0, in_vectors != 0,             \
            binary::name{alpha, rest});                                                                                           \
    }                                                                                                                             \
    extern "C" __global__ void elementwise_##name##_strided(                                                                      \
        strided_geometry geometry, const float* a, const float* b, float* y, float alpha, float rest) {                           \
        combine_strided(geometry, float_input{a}, float_input{b}, float_output{y}, binary::name{alpha, rest});                    \
    }

FOR_EACH_UNARY(UNARY_KERNEL)
FOR_EACH_BINARY(BINARY_KERNELS)
