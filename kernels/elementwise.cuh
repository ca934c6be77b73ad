// Functions of one or two arrays, element by element: UnaryOperation and BinaryOperation of Operations.cs. NaN goes through every function
// but the steps (sign, slopes, comparison), which know only "greater" and "not greater". elementwise.cu makes kernels of this for float32,
// elementwise_bf16.cu for arrays of which some are bfloat16.
//
// An output may be an input: each element is read and written by one thread. So no pointer here is __restrict__.
#pragma once

#include "bfloat16.cuh"
#include "strided.cuh"

// The functions, each with its two numbers.
#define UNARY_FUNCTION(name, ...)                                                                \
    struct name {                                                                                \
        float a, b;                                                                              \
        __device__ __forceinline__ float operator()(float x) const { return __VA_ARGS__; }       \
    };

#define BINARY_FUNCTION(name, ...)                                                               \
    struct name {                                                                                \
        float alpha, rest;                                                                       \
        __device__ __forceinline__ float operator()(float a, float b) const { return __VA_ARGS__; } \
    };

static __device__ __forceinline__ float leaky(float x, float slope) { return x > 0.0f ? x : sloped(slope, x); }

namespace unary {

// 1 / (1 + e^-x) from e^-|x| on both sides, so that nothing overflows.
static __device__ __forceinline__ float sigmoid_of(float x) {
    const float e = expf(-fabsf(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

// Comparisons, not fminf and fmaxf, which would lose a NaN.
static __device__ __forceinline__ float clamp_to(float x, float low, float high) {
    const float raised = x < low ? low : x;
    return raised > high ? high : raised;
}

UNARY_FUNCTION(affine, fmaf(a, x, b))
UNARY_FUNCTION(exp, expf(x))
UNARY_FUNCTION(log, logf(x))
UNARY_FUNCTION(sqrt, sqrtf(x))
UNARY_FUNCTION(reciprocal, 1.0f / x)
UNARY_FUNCTION(tanh, tanhf(x))
UNARY_FUNCTION(sigmoid, sigmoid_of(x))
UNARY_FUNCTION(softplus, fmaxf(x, 0.0f) + log1pf(expf(-fabsf(x))))
UNARY_FUNCTION(abs, fabsf(x))
UNARY_FUNCTION(sign, x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f)
UNARY_FUNCTION(leaky_relu, leaky(x, a))
UNARY_FUNCTION(clamp, clamp_to(x, a, b))
UNARY_FUNCTION(clamp_slope, a <= x && x <= b ? 1.0f : 0.0f)
UNARY_FUNCTION(sin, sinf(x))
UNARY_FUNCTION(cos, cosf(x))

}  // namespace unary

namespace binary {

// A NaN on either side is the larger.
static __device__ __forceinline__ float larger(float a, float b) { return a != a || a > b ? a : b; }

// rest is 1 - alpha, rounded once from the host's float64.
BINARY_FUNCTION(add, a + b)
BINARY_FUNCTION(subtract, a - b)
BINARY_FUNCTION(multiply, a * b)
BINARY_FUNCTION(divide, a / b)
BINARY_FUNCTION(maximum, larger(a, b))
BINARY_FUNCTION(leaky_relu_gradient, b > 0.0f ? a : sloped(alpha, a))
BINARY_FUNCTION(tanh_gradient, a * ((1.0f - b) * (1.0f + b)))
BINARY_FUNCTION(sigmoid_gradient, a * b * (1.0f - b))
BINARY_FUNCTION(interpolate, fmaf(alpha, a, rest * b))
BINARY_FUNCTION(greater_or_equal, a >= b ? 1.0f : 0.0f)
BINARY_FUNCTION(add_leaky_relu, leaky(a + b, alpha))

}  // namespace binary

template <typename Function>
static __device__ __forceinline__ float apply(const Function& function, float a, float b) {
    return function(a, b);
}

template <typename Function>
static __device__ __forceinline__ float4 apply(const Function& function, float4 a, float4 b) {
    return make_float4(function(a.x, b.x), function(a.y, b.y), function(a.z, b.z), function(a.w, b.w));
}

static __device__ __forceinline__ float4 four_times(float x) { return make_float4(x, x, x, x); }

// Arrays as the loops below see them: elements, or four neighbors, always as float32.
struct float_input {
    const float* data;

    __device__ __forceinline__ float at(int64 i) const { return data[i]; }
    __device__ __forceinline__ float4 four(int64 i) const { return load_four(data + 4 * i); }
};

struct float_output {
    float* data;

    __device__ __forceinline__ void put(int64 i, float value) const { data[i] = value; }
    __device__ __forceinline__ void put_four(int64 i, float4 values) const { store_four(data + 4 * i, values); }
};

// Those that are bfloat16 where `narrow`, on which all threads agree: the branch costs nothing beside an access to memory.
struct mixed_input {
    const void* data;
    bool narrow;

    __device__ __forceinline__ float at(int64 i) const {
        return narrow ? to_float(static_cast<const bfloat16*>(data)[i]) : static_cast<const float*>(data)[i];
    }

    __device__ __forceinline__ float4 four(int64 i) const {
        return narrow ? load_four(static_cast<const bfloat16*>(data) + 4 * i) : load_four(static_cast<const float*>(data) + 4 * i);
    }
};

struct mixed_output {
    void* data;
    bool narrow;

    __device__ __forceinline__ void put(int64 i, float value) const {
        if (narrow)
            static_cast<bfloat16*>(data)[i] = from_float<bfloat16>(value);
        else
            static_cast<float*>(data)[i] = value;
    }

    __device__ __forceinline__ void put_four(int64 i, float4 values) const { store_four(data, narrow, 4 * i, values); }
};

template <typename Input, typename Output, typename Function>
static __device__ __forceinline__ void map(const Input& x, const Output& y, int64 count, int64 vectors, const Function& function) {
    const int64 step = index_step();
    for (int64 i = first_index(); i < vectors; i += step) {
        const float4 v = x.four(i);
        y.put_four(i, make_float4(function(v.x), function(v.y), function(v.z), function(v.w)));
    }

    for (int64 i = 4 * vectors + first_index(); i < count; i += step)
        y.put(i, function(x.at(i)));
}

template <typename Input, typename Output, typename Function>
static __device__ __forceinline__ void combine_flat(
    const Input& a, const Input& b, const Output& y, int64 count, int64 vectors, int numbers, const Function& function) {
    const bool number_a = (numbers & 1) != 0, number_b = (numbers & 2) != 0;
    const float only_a = number_a ? a.at(0) : 0.0f, only_b = number_b ? b.at(0) : 0.0f;
    const int64 step = index_step();
    for (int64 i = first_index(); i < vectors; i += step)
        y.put_four(i, apply(function, number_a ? four_times(only_a) : a.four(i), number_b ? four_times(only_b) : b.four(i)));
    for (int64 i = 4 * vectors + first_index(); i < count; i += step)
        y.put(i, function(number_a ? only_a : a.at(i), number_b ? only_b : b.at(i)));
}

// combine(i, column) for each of count items of rows of `columns`. The column is carried along instead of divided out for each.
template <typename Combine>
static __device__ __forceinline__ void for_rows(int64 count, int columns, const Combine& combine) {
    const int64 step = index_step();
    int column = static_cast<int>(static_cast<uint32>(first_index()) % static_cast<uint32>(columns));
    const int turn = static_cast<int>(static_cast<uint32>(step) % static_cast<uint32>(columns));
    for (int64 i = first_index(); i < count; i += step) {
        combine(i, column);
        column += column < columns - turn ? turn : turn - columns;
    }
}

template <typename Input, typename Output, typename Function>
static __device__ __forceinline__ void combine_rows(const Input& a, const Input& b, const Output& y, int64 count, int columns,
    bool row_is_a, bool in_vectors, const Function& function) {
    if (in_vectors) {
        for_rows(count / 4, columns / 4, [&](int64 i, int column) {
            y.put_four(i, apply(function, a.four(row_is_a ? column : i), b.four(row_is_a ? i : column)));
        });
    } else {
        for_rows(count, columns, [&](int64 i, int column) {
            y.put(i, function(a.at(row_is_a ? column : i), b.at(row_is_a ? i : column)));
        });
    }
}

template <typename Input, typename Output, typename Function>
static __device__ __forceinline__ void combine_strided(
    const strided_geometry& geometry, const Input& a, const Input& b, const Output& y, const Function& function) {
    const int inner = geometry.rank - 1;
    const int64 rows = count_rows(geometry, inner);
    const int extent = geometry.extents[inner];
    const int64 stride_a = geometry.strides_a[inner], stride_b = geometry.strides_b[inner], stride_out = geometry.strides_out[inner];
    const int64 step = index_step(), row_step = static_cast<int64>(gridDim.y) * blockDim.y;
    for (int64 row = static_cast<int64>(blockIdx.y) * blockDim.y + threadIdx.y; row < rows; row += row_step) {
        const row_offsets start = offsets_of_row(geometry, inner, row);
        for (int64 i = first_index(); i < extent; i += step)
            y.put(start.out + i * stride_out, function(a.at(start.a + i * stride_a), b.at(start.b + i * stride_b)));
    }
}

// Every function, for the macros that make kernels of them.
#define FOR_EACH_UNARY(kernel) \
    kernel(affine) \
    kernel(exp) \
    kernel(log) \
    kernel(sqrt) \
    kernel(reciprocal) \
    kernel(tanh) \
    kernel(sigmoid) \
    kernel(softplus) \
    kernel(abs) \
    kernel(sign) \
    kernel(leaky_relu) \
    kernel(clamp) \
    kernel(clamp_slope) \
    kernel(sin) \
    kernel(cos)

#define FOR_EACH_BINARY(kernel) \
    kernel(add) \
    kernel(subtract) \
    kernel(multiply) \
    kernel(divide) \
    kernel(maximum) \
    kernel(leaky_relu_gradient) \
    kernel(tanh_gradient) \
    kernel(sigmoid_gradient) \
    kernel(interpolate) \
    kernel(greater_or_equal) \
    kernel(add_leaky_relu)
