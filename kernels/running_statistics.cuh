// What batch normalization keeps for later: statistics that follow those of the batches (Reference/BatchNorm.cs defines it).
#pragma once

#include "kernel.cuh"

// Running statistics, [channels]; null where none are kept.
struct running_statistics {
    float *mean, *variance;
    float momentum, correction;
};

// running[c] += momentum * (average over the groups - running[c]), of mean[groups, channels] and of variance, those times correction.
static __device__ __forceinline__ void move_running_statistics(const running_statistics& running, int groups, int channels, int channel,
    const float* mean, const float* variance) {
    float means = 0.0f, variances = 0.0f;
    for (int group = 0; group < groups; group++) {
        means += mean[static_cast<int64>(group) * channels + channel];
        variances += variance[static_cast<int64>(group) * channels + channel];
    }
    const float share = 1.0f / static_cast<float>(groups);
    const float old_mean = running.mean[channel], old_variance = running.variance[channel];
    running.mean[channel] = fmaf(running.momentum, means * share - old_mean, old_mean);
    running.variance[channel] = fmaf(running.momentum, variances * share * running.correction - old_variance, old_variance);
}
