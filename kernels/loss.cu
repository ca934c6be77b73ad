// Losses that a few kernels would each spend a launch on: a batch of logits is a hundred numbers (Reference/Loss.cs defines them).
#include "block.cuh"

// Cross-entropy of logits with one target t in [0, 1] for all, loss[0] = mean of t softplus(-x) + (1 - t) softplus(x), and its gradient[i] =
// ((1 - t) sigmoid(x[i]) - t sigmoid(-x[i])) / count: written with both signs, so that nothing small is the difference of large numbers.
// Bytes: x is read and the gradient written once. Launch: one block, a multiple of 32 threads.
extern "C" __global__ void loss_logistic(const float* __restrict__ x, int64 count, float target, float* __restrict__ loss,
    float* __restrict__ gradient) {
    const float rest = 1.0f - target, share = 1.0f / static_cast<float>(count);
    float sum = 0.0f;
    for (int64 i = threadIdx.x; i < count; i += blockDim.x) {
        const float value = x[i], small = expf(-fabsf(value));

        // softplus(x) = max(x, 0) + log1p(exp(-|x|)); a term that counts for nothing must not be 0 times infinity.
        const float positive = rest > 0.0f ? rest * fmaxf(value, 0.0f) : 0.0f, negative = target > 0.0f ? target * fmaxf(-value, 0.0f) : 0.0f;
        sum += value == value ? log1pf(small) + positive + negative : value;

        // sigmoid(x) and sigmoid(-x): 1 / (1 + exp(-|x|)) for the side that x is on, exp(-|x|) times that for the other.
        const float large = 1.0f / (1.0f + small);
        const float of_positive = value < 0.0f ? small * large : large, of_negative = value < 0.0f ? large : small * large;
        gradient[i] = (rest * of_positive - target * of_negative) * share;
    }
    sum = block_reduce<sum_operation>(sum);
    if (threadIdx.x == 0)
        loss[0] = sum * share;
}
