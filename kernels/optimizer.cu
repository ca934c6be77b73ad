// The updates of optimizers. Learning rate and step number are read from device memory, so that a captured step can be repeated with
// others.
#include "bfloat16.cuh"
#include "last_block.cuh"

// AdamArguments in Cuda/Optimizer.cs. rest is 1 - beta; it and the logarithms of beta come from the host's float64.
struct adam_constants {
    float rest1, rest2, epsilon, weight_decay, log_beta1, log_beta2;
};

// What all elements of an update share.
struct adam_update {
    adam_constants constants;
    float rate, correction1, correction2;

    // One element: Kingma and Ba 2015, algorithm 1, with decoupled weight decay (Loshchilov and Hutter 2019). Each fused multiplication is
    // written out, so that the compiler rounds alike in every kernel. A moment moves towards what it is the mean of by a share of 1 - beta:
    // float32 holds 0.001 far better than 0.999, whose distance from 1 it gets wrong by 1.3e-5.
    __device__ __forceinline__ void operator()(float& parameter, float gradient, float& first, float& second) const {
        first = fmaf(constants.rest1, gradient - first, first);
        second = fmaf(constants.rest2, fmaf(gradient, gradient, -second), second);
        const float direction =
            fmaf(constants.weight_decay, parameter, first * correction1 / (sqrtf(second * correction2) + constants.epsilon));
        parameter = fmaf(-rate, direction, parameter);
    }

    __device__ __forceinline__ void operator()(float4& parameter, float4 gradient, float4& first, float4& second) const {
        (*this)(parameter.x, gradient.x, first.x, second.x);
        (*this)(parameter.y, gradient.y, first.y, second.y);
        (*this)(parameter.z, gradient.z, first.z, second.z);
        (*this)(parameter.w, gradient.w, first.w, second.w);
    }
};

// Bias corrections 1 / (1 - beta^t), once a block. 1 - e^(t log beta) by expm1f keeps its digits where beta^t is near 1 and where it is
// near 0, for every t.
static __device__ __forceinline__ adam_update prepare(const adam_constants& constants, const float* learning_rate, int64 step) {
    SHARED(float, numbers, 3);
    if (threadIdx.x == 0) {
        const float t = static_cast<float>(step);
        numbers[0] = learning_rate[0];
        numbers[1] = -1.0f / expm1f(t * constants.log_beta1);
        numbers[2] = -1.0f / expm1f(t * constants.log_beta2);
    }

    __syncthreads();
    return {constants, numbers[0], numbers[1], numbers[2]};
}

static __device__ __forceinline__ void store_copy(bfloat16* to, int64 i, float value) { to[i] = from_float<bfloat16>(value); }
static __device__ __forceinline__ void store_copy(bfloat16* to, int64 i, float4 values) { store_four(to + 4 * i, values); }

// Elements start, start + step, ... below end of arrays of T, which is float or float4. copy is null or gets the parameters in bfloat16.
template <typename T>
static __device__ __forceinline__ void update_range(const adam_update& update, T* __restrict__ parameters, const T* __restrict__ gradients,
    T* __restrict__ first_moment, T* __restrict__ second_moment, bfloat16* __restrict__ copy, int64 start, int64 end, int64 step) {
    for (int64 i = start; i < end; i += step) {
        T parameter = parameters[i], first = first_moment[i], second = second_moment[i];
        update(parameter, gradients[i], first, second);
        parameters[i] = parameter;
        if (copy != nullptr)
            store_copy(copy, i, parameter);
        first_moment[i] = first;
        second_moment[i] = second;
    }
}

// Elements begin to end of float arrays by threads `thread` of `threads`; as float4 where all four arrays lie on 16 bytes and begin is
// divisible by 4.
static __device__ __forceinline__ void update_part(const adam_update& update, float* parameters, const float* gradients,
    float* first_moment, float* second_moment, bfloat16* copy, int64 begin, int64 end, bool in_vectors, int64 thread, int64 threads) {
    if (in_vectors) {
        update_range(update, reinterpret_cast<float4*>(parameters), reinterpret_cast<const float4*>(gradients),
            reinterpret_cast<float4*>(first_moment), reinterpret_cast<float4*>(second_moment), copy, begin / 4 + thread, end / 4, threads);
        begin = end / 4 * 4;
    }

    update_range(update, parameters, gradients, first_moment, second_moment, copy, begin + thread, end, threads);
}

// Version 1: one step of Adam of one parameter array of count elements; learning_rate[0], step[0] from 1.
// Launch: any grid and block of one dimension. in_vectors: all four arrays lie on 16 bytes.
extern "C" __global__ void optimizer_adam_1(adam_constants constants, const float* __restrict__ learning_rate,
    const int64* __restrict__ step, float* __restrict__ parameters, const float* __restrict__ gradients, float* __restrict__ first_moment,
        float* __restrict__ second_moment, int64 count, int in_vectors) {
    const adam_update update = prepare(constants, learning_rate, step[0]);
    update_part(update, parameters, gradients, first_moment, second_moment, nullptr, 0, count, in_vectors != 0, first_index(),
        index_step());
}

constexpr int adam_arrays = 48, adam_chunk = 4096;

// AdamTable in Cuda/Optimizer.cs: up to 48 parameter arrays, each cut into chunks of 4096 elements; array i owns the blocks from
// first_block[i] up to first_block[i + 1].
struct adam_table {
    float* parameters[adam_arrays];
    const float* gradients[adam_arrays];
    float* first_moments[adam_arrays];
    float* second_moments[adam_arrays];
    bfloat16* copies[adam_arrays];
    int64 counts[adam_arrays];
    uint64 in_vectors;  // bit i: the four arrays i lie on 16 bytes
    int first_block[adam_arrays + 1];
    int arrays;
};

// Version 2: the same for many arrays at once. What it gains: one launch instead of one an array, of which most are so small that starting
// them takes longer than doing them. The number of the step is step[0] + advance; with `stores` the block that finishes last stores it,
// when all have read the one before. counter[1] is zero before and after. Launch: first_block[arrays] blocks of any one-dimensional size.
extern "C" __global__ void optimizer_adam_2(adam_constants constants, const float* __restrict__ learning_rate, int64* step, int advance,
    int stores, uint32* counter, adam_table table) {
    const int64 number = step[0] + advance;
    const adam_update update = prepare(constants, learning_rate, number);
    const int block = static_cast<int>(blockIdx.x);

    // The last array whose first block is not behind this one.
    int low = 0, high = table.arrays - 1;
    while (low < high) {
        const int middle = (low + high + 1) / 2;
        if (table.first_block[middle] <= block)
            low = middle;
        else
            high = middle - 1;
    }

    const int64 begin = static_cast<int64>(block - table.first_block[low]) * adam_chunk;
    const int64 end = table.counts[low] < begin + adam_chunk ? table.counts[low] : begin + adam_chunk;
    update_part(update, table.parameters[low], table.gradients[low], table.first_moments[low], table.second_moments[low],
        table.copies[low], begin, end, (table.in_vectors >> low & 1) != 0, threadIdx.x, blockDim.x);
    if (advance != 0 && stores != 0 && is_last_block(counter, static_cast<int>(gridDim.x)) && threadIdx.x == 0)
        step[0] = number;
}

struct sgd_update {
    float momentum, weight_decay, rate;
    __device__ __forceinline__ void operator()(float& parameter, float gradient, float& velocity) const {
        velocity = fmaf(momentum, velocity, fmaf(weight_decay, parameter, gradient));
        parameter = fmaf(-rate, velocity, parameter);
    }
};

// velocity = momentum * velocity + gradient + weight_decay * parameter; parameter -= learning_rate[0] * velocity; for count elements.
// Launch: any grid and block of one dimension. vectors is count / 4 where the three arrays lie on 16 bytes, else 0.
extern "C" __global__ void optimizer_sgd(float momentum, float weight_decay, const float* __restrict__ learning_rate,
    float* __restrict__ parameters, const float* __restrict__ gradients, float* __restrict__ velocity, int64 count, int64 vectors) {
    const sgd_update update = {momentum, weight_decay, learning_rate[0]};
    for (int64 i = first_index(); i < vectors; i += index_step()) {
        float4 p = reinterpret_cast<float4*>(parameters)[i], v = reinterpret_cast<float4*>(velocity)[i];
        const float4 g = reinterpret_cast<const float4*>(gradients)[i];
        update(p.x, g.x, v.x);
        update(p.y, g.y, v.y);
        update(p.z, g.z, v.z);
        update(p.w, g.w, v.w);
        reinterpret_cast<float4*>(parameters)[i] = p;
        reinterpret_cast<float4*>(velocity)[i] = v;
    }

    for (int64 i = 4 * vectors + first_index(); i < count; i += index_step()) {
        float p = parameters[i], v = velocity[i];
        update(p, gradients[i], v);
        parameters[i] = p;
        velocity[i] = v;
    }
}

// counter[0] += amount. Launch: one block of one thread.
extern "C" __global__ void optimizer_increment(int64* __restrict__ counter, int64 amount) { counter[0] += amount; }
