// A convolution that leaves one number of each image: its only window is the whole image, so that the number is a product of two vectors,
// and a bias. convolution_dot.cu makes a kernel of this for float32, convolution_dot_bf16.cu for bfloat16. It gains two launches over
// tiles, which would mostly multiply zeros: no slices are to be summed, and the bias is added where the sum is.
#pragma once

#include "bfloat16.cuh"
#include "block.cuh"

namespace {

template <typename Element>
__device__ __forceinline__ void convolution_dot(int count, bool fours, const Element* __restrict__ x, const Element* __restrict__ weight,
    const float* __restrict__ bias, Element* __restrict__ y) {
    const Element* const image = x + static_cast<int64>(blockIdx.x) * count;
    float sum = 0.0f;
    if (fours) {
#pragma unroll 4
        for (int i = 4 * static_cast<int>(threadIdx.x); i < count; i += 4 * static_cast<int>(blockDim.x)) {
            const float4 a = load_four(image + i), b = load_four(weight + i);
            sum = fmaf(a.x, b.x, sum);
            sum = fmaf(a.y, b.y, sum);
            sum = fmaf(a.z, b.z, sum);
            sum = fmaf(a.w, b.w, sum);
        }
    } else {
        for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x))
            sum = fmaf(to_float(image[i]), to_float(weight[i]), sum);
    }
    sum = block_reduce<sum_operation>(sum);
    if (threadIdx.x == 0)
        y[blockIdx.x] = from_float<Element>(sum + bias[0]);
}

}  // namespace

// convolution_dot_*: y[image] = bias[0] + the sum over i of x[image, i] * weight[i], for `count` elements of an image, in float32 whatever
//   the precision of other products. Bytes: x and the weight once. Launch: a block of 256 threads for each image. fours: count is a
//   multiple of 4, and x and the weight lie at multiples of four elements.
#define CONVOLUTION_DOT(name, Element)                                                                                                  \
    extern "C" __global__ void name(int count, int fours, const Element* __restrict__ x, const Element* __restrict__ weight,            \
        const float* __restrict__ bias, Element* __restrict__ y) {                                                                      \
        convolution_dot(count, fours != 0, x, weight, bias, y);                                                                         \
    }
