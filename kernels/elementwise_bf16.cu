// Functions of arrays of which some are bfloat16, element by element: elementwise.cuh. Computed in float32; 2 bytes an element less to read
// or to write for each array that is bfloat16.
#include "elementwise.cuh"

// The kernels of elementwise.cu with one more argument, `narrow`: bit i says that the i-th pointer is to bfloat16, else it is to float32.
// Groups of four lie at multiples of their size.
#define NARROW_UNARY_KERNEL(name)                                                                                                 \
    extern "C" __global__ void elementwise_##name##_bf16(                                                                         \
        const void* x, void* y, int narrow, int64 count, int64 vectors, float a, float b) {                                       \
        map(mixed_input{x, (narrow & 1) != 0}, mixed_output{y, (narrow & 2) != 0}, count, vectors, unary::name{a, b});            \
    }

#define NARROW_ARRAYS mixed_input{a, (narrow & 1) != 0}, mixed_input{b, (narrow & 2) != 0}, mixed_output{y, (narrow & 4) != 0}

#define NARROW_BINARY_KERNELS(name)                                                                                               \
    extern "C" __global__ void elementwise_##name##_flat_bf16(const void* a, const void* b, void* y, int narrow, int64 count,     \
        int64 vectors, int numbers, float alpha, float rest) {                                                                    \
        combine_flat(NARROW_ARRAYS, count, vectors, numbers, binary::name{alpha, rest});                                          \
    }                                                                                                                             \
    extern "C" __global__ void elementwise_##name##_rows_bf16(const void* a, const void* b, void* y, int narrow, int64 count,     \
        int columns, int row_is_a, int in_vectors, float alpha, float rest) {                                                     \
        combine_rows(NARROW_ARRAYS, count, columns, row_is_a != 0, in_vectors != 0, binary::name{alpha, rest});                   \
    }                                                                                                                             \
    extern "C" __global__ void elementwise_##name##_strided_bf16(                                                                 \
        strided_geometry geometry, const void* a, const void* b, void* y, int narrow, float alpha, float rest) {                  \
        combine_strided(geometry, NARROW_ARRAYS, binary::name{alpha, rest});                                                      \
    }

FOR_EACH_UNARY(NARROW_UNARY_KERNEL)
FOR_EACH_BINARY(NARROW_BINARY_KERNELS)
