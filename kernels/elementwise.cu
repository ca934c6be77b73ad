// Functions of one or two arrays, element by element: UnaryOperation and BinaryOperation of Operations.cs. NaN goes through every function
// but the steps (sign, slopes, comparison), which know only "greater" and "not greater".
//
// An output may be an input: each element is read and written by one thread. So no pointer here is __restrict__.
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

template <typename Function>
static __device__ __forceinline__ void map(const float* x, float* y, int64 count, int64 vectors, const Function& function) {
    const float4* const x4 = reinterpret_cast<const float4*>(x);
    float4* const y4 = reinterpret_cast<float4*>(y);
    const int64 step = index_step();
    for (int64 i = first_index(); i < vectors; i += step) {
        const float4 v = x4[i];
        y4[i] = make_float4(function(v.x), function(v.y), function(v.z), function(v.w));
    }

    for (int64 i = 4 * vectors + first_index(); i < count; i += step)
        y[i] = function(x[i]);
}

template <typename Function>
static __device__ __forceinline__ void combine_flat(
    const float* a, const float* b, float* y, int64 count, int64 vectors, int numbers, const Function& function) {
    const bool number_a = (numbers & 1) != 0, number_b = (numbers & 2) != 0;
    const float only_a = number_a ? a[0] : 0.0f, only_b = number_b ? b[0] : 0.0f;
    const float4* const a4 = reinterpret_cast<const float4*>(a);
    const float4* const b4 = reinterpret_cast<const float4*>(b);
    float4* const y4 = reinterpret_cast<float4*>(y);
    const int64 step = index_step();
    for (int64 i = first_index(); i < vectors; i += step)
        y4[i] = apply(function, number_a ? four_times(only_a) : a4[i], number_b ? four_times(only_b) : b4[i]);
    for (int64 i = 4 * vectors + first_index(); i < count; i += step)
        y[i] = function(number_a ? only_a : a[i], number_b ? only_b : b[i]);
}

// T is float, or float4 with count and columns in vectors. The column is carried along instead of divided out for each element.
template <typename T, typename Function>
static __device__ __forceinline__ void combine_rows(const T* a, const T* b, T* y, int64 count, int columns, bool row_is_a,
    const Function& function) {
    const int64 step = index_step();
    int column = static_cast<int>(static_cast<uint32>(first_index()) % static_cast<uint32>(columns));
    const int turn = static_cast<int>(static_cast<uint32>(step) % static_cast<uint32>(columns));
    for (int64 i = first_index(); i < count; i += step) {
        y[i] = apply(function, a[row_is_a ? column : i], b[row_is_a ? i : column]);
        column += column < columns - turn ? turn : turn - columns;
    }
}

template <typename Function>
static __device__ __forceinline__ void combine_rows_of(
    const float* a, const float* b, float* y, int64 count, int columns, bool row_is_a, bool in_vectors, const Function& function) {
    if (!in_vectors) {
        combine_rows(a, b, y, count, columns, row_is_a, function);
        return;
    }

    const float4* const a4 = reinterpret_cast<const float4*>(a);
    const float4* const b4 = reinterpret_cast<const float4*>(b);
    combine_rows(a4, b4, reinterpret_cast<float4*>(y), count / 4, columns / 4, row_is_a, function);
}

template <typename Function>
static __device__ __forceinline__ void combine_strided(
    const strided_geometry& geometry, const float* a, const float* b, float* y, const Function& function) {
    const int inner = geometry.rank - 1;
    const int64 rows = count_rows(geometry, inner);
    const int extent = geometry.extents[inner];
    const int64 stride_a = geometry.strides_a[inner], stride_b = geometry.strides_b[inner], stride_out = geometry.strides_out[inner];
    const int64 step = index_step(), row_step = static_cast<int64>(gridDim.y) * blockDim.y;
    for (int64 row = static_cast<int64>(blockIdx.y) * blockDim.y + threadIdx.y; row < rows; row += row_step) {
        const row_offsets start = offsets_of_row(geometry, inner, row);
        for (int64 i = first_index(); i < extent; i += step)
            y[start.out + i * stride_out] = function(a[start.a + i * stride_a], b[start.b + i * stride_b]);
    }
}

// elementwise_<name>: y[i] = f(x[i]) for count elements. Launch: any grid of one dimension, any block of one dimension. vectors is count /
// 4 where x and y lie on 16 bytes, else 0: so many groups of four go as float4.
#define UNARY_KERNEL(name)                                                                                                        \
    extern "C" __global__ void elementwise_##name(const float* x, float* y, int64 count, int64 vectors, float a, float b) {       \
        map(x, y, count, vectors, unary::name{a, b});                                                                             \
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
        combine_flat(a, b, y, count, vectors, numbers, binary::name{alpha, rest});                                                \
    }                                                                                                                             \
    extern "C" __global__ void elementwise_##name##_rows(                                                                         \
        const float* a, const float* b, float* y, int64 count, int columns, int row_is_a, int in_vectors, float alpha, float rest) { \
        combine_rows_of(a, b, y, count, columns, row_is_a != 0, in_vectors != 0, binary::name{alpha, rest});                      \
    }                                                                                                                             \
    extern "C" __global__ void elementwise_##name##_strided(                                                                      \
        strided_geometry geometry, const float* a, const float* b, float* y, float alpha, float rest) {                           \
        combine_strided(geometry, a, b, y, binary::name{alpha, rest});                                                            \
    }

UNARY_KERNEL(affine)
UNARY_KERNEL(exp)
UNARY_KERNEL(log)
UNARY_KERNEL(sqrt)
UNARY_KERNEL(reciprocal)
UNARY_KERNEL(tanh)
UNARY_KERNEL(sigmoid)
UNARY_KERNEL(softplus)
UNARY_KERNEL(abs)
UNARY_KERNEL(sign)
UNARY_KERNEL(leaky_relu)
UNARY_KERNEL(clamp)
UNARY_KERNEL(clamp_slope)
UNARY_KERNEL(sin)
UNARY_KERNEL(cos)

BINARY_KERNELS(add)
BINARY_KERNELS(subtract)
BINARY_KERNELS(multiply)
BINARY_KERNELS(divide)
BINARY_KERNELS(maximum)
BINARY_KERNELS(leaky_relu_gradient)
BINARY_KERNELS(tanh_gradient)
BINARY_KERNELS(sigmoid_gradient)
BINARY_KERNELS(interpolate)
BINARY_KERNELS(greater_or_equal)
BINARY_KERNELS(add_leaky_relu)
