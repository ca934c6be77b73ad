// Losses of a batch of logits, a few hundred numbers, for which a launch costs more than all that it computes (Reference/Loss.cs defines
// them). loss.cu makes kernels of this for logits of float32, loss_bf16.cu for those of bfloat16.
#pragma once

#include "bfloat16.cuh"
#include "block.cuh"

namespace {

constexpr int logistic_parts_at_most = 4;

// Parts of the logits, one behind the other: how many they are, what is asked of them, and what their mean counts. LogisticTable in
// Cuda/Loss.cs fills it.
struct logistic_parts {
    int parts;
    int counts[logistic_parts_at_most];
    float targets[logistic_parts_at_most], weights[logistic_parts_at_most];
};

template <typename Element>
__device__ __forceinline__ void logistic(const logistic_parts& table, const Element* __restrict__ x, float* __restrict__ values,
    Element* __restrict__ gradient) {
    float loss = 0.0f;
    int64 begin = 0;
    for (int part = 0; part < table.parts; part++) {
        const int count = table.counts[part];
        const float target = table.targets[part], rest = 1.0f - target, share = table.weights[part] / static_cast<float>(count);
        float sum = 0.0f, probabilities = 0.0f;
        for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) {
            const float value = to_float(x[begin + i]), small = expf(-fabsf(value));

            // softplus(x) = max(x, 0) + log1p(exp(-|x|)); a term that counts for nothing must not be 0 times infinity.
            const float positive = rest > 0.0f ? rest * fmaxf(value, 0.0f) : 0.0f;
            const float negative = target > 0.0f ? target * fmaxf(-value, 0.0f) : 0.0f;
            sum += value == value ? log1pf(small) + positive + negative : value;

            // sigmoid(x) and sigmoid(-x): 1 / (1 + exp(-|x|)) for the side that x is on, exp(-|x|) times that for the other. So nothing
            // small is the difference of large numbers.
            const float large = 1.0f / (1.0f + small);
            const float of_positive = value < 0.0f ? small * large : large, of_negative = value < 0.0f ? large : small * large;
            gradient[begin + i] = from_float<Element>((rest * of_positive - target * of_negative) * share);
            probabilities += of_positive;
        }
        loss += block_reduce<sum_operation>(sum) * share;
        probabilities = block_reduce<sum_operation>(probabilities);
        if (threadIdx.x == 0)
            values[1 + part] = probabilities / static_cast<float>(count);
        begin += count;
    }
    if (threadIdx.x == 0)
        values[0] = loss;
}

}  // namespace

// loss_logistic*: values[0] = sum over the parts of weight * mean of t softplus(-x) + (1 - t) softplus(x), values[1 + part] = the mean of
//   sigmoid(x), and gradient[i] = weight / count * (sigmoid(x[i]) - t), like x. Bytes: x is read and the gradient written once. Launch: one
//   block, a multiple of 32 threads.
#define LOGISTIC_LOSS(name, Element)                                                                                                    \
    extern "C" __global__ void name(logistic_parts table, const Element* __restrict__ x, float* __restrict__ values,                    \
        Element* __restrict__ gradient) {                                                                                               \
        logistic(table, x, values, gradient);                                                                                           \
    }
