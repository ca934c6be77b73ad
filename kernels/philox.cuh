// The counted random generator Philox 4x32-10 of Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011): Philox.cs, bit for
// bit.
#pragma once

#include "kernel.cuh"

// The four words at `position` of the stream named by `seed` and `stream`.
static __device__ __forceinline__ uint4 philox(uint64 seed, uint64 position, uint64 stream) {
    uint32 c0 = static_cast<uint32>(position), c1 = static_cast<uint32>(position >> 32);
    uint32 c2 = static_cast<uint32>(stream), c3 = static_cast<uint32>(stream >> 32);
    uint32 k0 = static_cast<uint32>(seed), k1 = static_cast<uint32>(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const uint32 high0 = __umulhi(0xD2511F53u, c0), low0 = 0xD2511F53u * c0;
        const uint32 high1 = __umulhi(0xCD9E8D57u, c2), low1 = 0xCD9E8D57u * c2;
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }

    return make_uint4(c0, c1, c2, c3);
}

// A number in the open interval (0, 1) from 32 bits: 23 of them kept, moved off zero by half a step, which float32 holds exactly.
static __device__ __forceinline__ float to_uniform(uint32 bits) { return (static_cast<float>(bits >> 9) + 0.5f) * (1.0f / 8388608.0f); }
