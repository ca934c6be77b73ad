// CUDA's small vector types with its alignments, and its make_ functions.
#pragma once

#define SIMULATOR_VECTORS(name, type, align2, align4)                                                                      \
    struct __attribute__((aligned(align2))) name##2 { type x, y; };                                                        \
    struct name##3 { type x, y, z; };                                                                                      \
    struct __attribute__((aligned(align4))) name##4 { type x, y, z, w; };                                                  \
    static inline name##2 make_##name##2(type x, type y) { return {x, y}; }                                                \
    static inline name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; }                                     \
    static inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

SIMULATOR_VECTORS(float, float, 8, 16)
SIMULATOR_VECTORS(int, int, 8, 16)
SIMULATOR_VECTORS(uint, unsigned int, 8, 16)
SIMULATOR_VECTORS(short, short, 4, 8)
SIMULATOR_VECTORS(ushort, unsigned short, 4, 8)
SIMULATOR_VECTORS(char, signed char, 2, 4)
SIMULATOR_VECTORS(uchar, unsigned char, 2, 4)
SIMULATOR_VECTORS(longlong, long long, 16, 16)
SIMULATOR_VECTORS(ulonglong, unsigned long long, 16, 16)
SIMULATOR_VECTORS(double, double, 16, 16)
#undef SIMULATOR_VECTORS

struct dim3 {
    unsigned int x, y, z;
    constexpr dim3(unsigned int x = 1, unsigned int y = 1, unsigned int z = 1) : x(x), y(y), z(z) {}
};
