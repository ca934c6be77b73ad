// Running statistics by themselves: where those of the batch come from several ranks. Else batch_norm_statistics moves them.
#include "running_statistics.cuh"

// running[c] += momentum * (average over the groups - running[c]), of the means and of the variances, those times correction; of
// mean[groups, channels] and variance likewise. Launch: a thread for each channel.
extern "C" __global__ void running_statistics_move(int groups, int channels, float momentum, float correction, const float* mean,
    const float* variance, float* running_mean, float* running_variance) {
    const int channel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (channel < channels)
        move_running_statistics({running_mean, running_variance, momentum, correction}, groups, channels, channel, mean, variance);
}
