// What batch normalization keeps for later: statistics that follow those of the batches (Reference/BatchNorm.cs defines it).
#include "kernel.cuh"

// running[c] += momentum * (average over the groups - running[c]), of the means and of the variances, those times correction; of
// mean[groups, channels] and variance likewise. Launch: a thread for each channel.
extern "C" __global__ void running_statistics_move(int groups, int channels, float momentum, float correction,
    const float* __restrict__ mean, const float* __restrict__ variance, float* __restrict__ running_mean,
    float* __restrict__ running_variance) {
    const int channel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (channel >= channels)
        return;
    float means = 0.0f, variances = 0.0f;
    for (int group = 0; group < groups; group++) {
        means += mean[static_cast<int64>(group) * channels + channel];
        variances += variance[static_cast<int64>(group) * channels + channel];
    }
    const float share = 1.0f / static_cast<float>(groups);
    running_mean[channel] = fmaf(momentum, means * share - running_mean[channel], running_mean[channel]);
    running_variance[channel] = fmaf(momentum, variances * share * correction - running_variance[channel], running_variance[channel]);
}
