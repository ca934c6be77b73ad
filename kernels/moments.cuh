// The first two moments of a set of numbers, and those of two sets together: what statistics of batch normalization are joined from.
#pragma once

#include "bfloat16.cuh"

// How many numbers, their mean (from wherever all sets that are merged count it), and the sum of their squared distances from their own
// mean.
struct moments {
    float count, mean, squares;
};

// Chan, Golub and LeVeque 1979: the moments of two sets together. No squares of large numbers are subtracted, so that nothing is lost where
// the mean is far from zero.
static __device__ __forceinline__ moments merge(const moments& a, const moments& b) {
    const float count = a.count + b.count;
    if (count == 0.0f)
        return a;
    const float distance = b.mean - a.mean, share = b.count / count;
    return {count, fmaf(distance, share, a.mean), a.squares + b.squares + distance * distance * (a.count * share)};
}

// Numbers that come one after the other, as sums of distances from the first: one of the numbers themselves, so that squares of distances
// exceed the variance by no more than their count.
struct distances {
    float first, sum, square;

    __device__ __forceinline__ void clear() { first = sum = square = 0.0f; }

    __device__ __forceinline__ void take(float value, bool is_first) {
        if (is_first)
            first = value;
        const float distance = value - first;
        sum += distance;
        square = fmaf(distance, distance, square);
    }

    __device__ __forceinline__ moments of(float count) const {
        const float average = sum / count, around = fmaf(-average, sum, square);
        return {count, first + average, around < 0.0f ? 0.0f : around};
    }
};
