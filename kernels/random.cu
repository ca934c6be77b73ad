// Random numbers by position: element 4i + j is made of word j of the Philox block at position[0] + i. The position lies in device memory,
// so that a captured step draws new numbers each time; the block that finishes last, when all have read it, moves it on.
#include "last_block.cuh"
#include "philox.cuh"

struct uniform_numbers {
    float low, width;
    __device__ __forceinline__ float4 operator()(float4 u) const {
        return make_float4(fmaf(u.x, width, low), fmaf(u.y, width, low), fmaf(u.z, width, low), fmaf(u.w, width, low));
    }
};

struct bernoulli_numbers {
    float probability, value;
    __device__ __forceinline__ float pick(float u) const { return u < probability ? value : 0.0f; }
    __device__ __forceinline__ float4 operator()(float4 u) const { return make_float4(pick(u.x), pick(u.y), pick(u.z), pick(u.w)); }
};

// Box and Muller's transform: the even word of a pair gives the radius, the odd one the angle; cosine goes first.
struct normal_numbers {
    float mean, deviation;

    __device__ __forceinline__ float2 pair(float radius_number, float turns) const {
        const float radius = deviation * sqrtf(-2.0f * logf(radius_number));

        // The nearest quarter turn is taken away, exactly; the rest is at most pi / 4, where the polynomials of Cephes, sinf.c, serve,
        // without the slow path of sinf and cosf.
        const float quarters = rintf(4.0f * turns);
        const float angle = 6.283185307f * fmaf(quarters, -0.25f, turns);
        const float square = angle * angle;
        const float s = fmaf(fmaf(fmaf(-1.9515295891e-4f, square, 8.3321608736e-3f), square, -1.6666654611e-1f) * square, angle, angle);
        const float p = fmaf(fmaf(2.443315711809948e-5f, square, -1.388731625493765e-3f), square, 4.166664568298827e-2f);
        const float c = fmaf(p * square, square, fmaf(square, -0.5f, 1.0f));
        const int quarter = static_cast<int>(quarters);
        const float sine = (quarter & 1) != 0 ? c : s, cosine = (quarter & 1) != 0 ? s : c;
        return make_float2(fmaf(((quarter + 1) & 2) != 0 ? -cosine : cosine, radius, mean),
            fmaf((quarter & 2) != 0 ? -sine : sine, radius, mean));
    }

    __device__ __forceinline__ float4 operator()(float4 u) const {
        const float2 front = pair(u.x, u.y), back = pair(u.z, u.w);
        return make_float4(front.x, front.y, back.x, back.y);
    }
};

template <typename Numbers>
static __device__ __forceinline__ void draw(
    uint64 seed, uint64 stream, int64* position, uint32* counter, float* __restrict__ y, int64 count, int64 vectors, Numbers numbers) {
    const uint64 first = static_cast<uint64>(position[0]);
    for (int64 i = first_index(); 4 * i < count; i += index_step()) {
        const uint4 words = philox(seed, first + static_cast<uint64>(i), stream);
        const float4 drawn = numbers(make_float4(to_uniform(words.x), to_uniform(words.y), to_uniform(words.z), to_uniform(words.w)));
        if (i < vectors) {
            reinterpret_cast<float4*>(y)[i] = drawn;
            continue;
        }

        y[4 * i] = drawn.x;
        if (4 * i + 1 < count)
            y[4 * i + 1] = drawn.y;
        if (4 * i + 2 < count)
            y[4 * i + 2] = drawn.z;
        if (4 * i + 3 < count)
            y[4 * i + 3] = drawn.w;
    }
    if (is_last_block(counter, static_cast<int>(gridDim.x)) && threadIdx.x == 0)
        position[0] = static_cast<int64>(first) + (count + 3) / 4;
}

// random_<distribution>: count numbers into y; position[0] moves on by ceil(count / 4). counter[1] is zero before and after. a and b: low
// and width; mean and deviation; probability and value. Launch: any grid and block of one dimension; a thread makes four numbers at a time.
// vectors is count / 4 where y lies on 16 bytes, else 0.
extern "C" __global__ void random_uniform(
    uint64 seed, uint64 stream, int64* position, uint32* counter, float* __restrict__ y, int64 count, int64 vectors, float a, float b) {
    draw(seed, stream, position, counter, y, count, vectors, uniform_numbers{a, b});
}

extern "C" __global__ void random_normal(
    uint64 seed, uint64 stream, int64* position, uint32* counter, float* __restrict__ y, int64 count, int64 vectors, float a, float b) {
    draw(seed, stream, position, counter, y, count, vectors, normal_numbers{a, b});
}

extern "C" __global__ void random_bernoulli(
    uint64 seed, uint64 stream, int64* position, uint32* counter, float* __restrict__ y, int64 count, int64 vectors, float a, float b) {
    draw(seed, stream, position, counter, y, count, vectors, bernoulli_numbers{a, b});
}
