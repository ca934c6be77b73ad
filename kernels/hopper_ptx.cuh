// The PTX instructions of compute capability 9.0: barriers in shared memory that count arrivals and bytes, the copy engine that fills tiles
// of shared memory (TMA), and the product of a warpgroup (four warps, of which the first has a number that four divides) whose operands lie
// in shared memory (wgmma). Each has a twin in host/hopper_ptx.h. wgmma exists on sm_90a alone, which has no successor.
//
// A warpgroup's product is D[64, columns] += A[64, 16] · B[16, columns] in bfloat16, summed in float32. Warp w of the four holds rows 16w
// to 16w + 15 of D; with `group = lane / 4` and `member = lane % 4` (PTX ISA, "Register Fragments" of wgmma.mma_async, m64nNk16)
//
//     d[4j + 2h + e] = D[16w + 8h + group][8j + 2 member + e]
//
// An operand is told by a descriptor of 64 bits (PTX ISA, "Matrix Descriptor Format"): bits 0 to 13 its address, 16 to 29 the leading and
// 32 to 45 the stride byte offset, each without its four lowest bits; bits 62 and 63 the swizzle, 1 for 128 bytes, in which the 16-byte
// unit u of a row of 128 bytes lies at u ^ (address / 128 % 8). Before that, the two layouts are (so they are in CUTLASS's make_gmma_desc
// and in ThunderKittens's descriptors, too):
//
//     along the depth    line l, depth k at  l / 8 * stride + l % 8 * 128 + 2k            a row is a line; the leading offset is not used
//     across the depth   line l, depth k at  l / 64 * leading + k / 8 * stride + k % 8 * 128 + l % 64 * 2    a row is 64 lines of one k
#pragma once

#include "ptx.cuh"

// What the copy engine knows of an array: made by the driver (cuTensorMapEncodeTiled), given by value.
struct __align__(64) tensor_map {
    uint64 opaque[16];
};

#ifdef __CUDACC__

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define HAS_WGMMA 1
#else
#define HAS_WGMMA 0
#endif

#if HAS_WGMMA

// How many bytes from the beginning of shared memory something lies: what swizzles and descriptors are made of.
static __device__ __forceinline__ uint32 shared_offset(const void* shared) { return address_of(shared); }

// A barrier of 8 bytes in shared memory. A phase of it is complete when so many arrivals have come, and all bytes that were announced; then
// the next phase begins. Others see it initialized after fence_async_proxy by the same thread and a barrier of the block.
static __device__ __forceinline__ void mbarrier_init(uint64* barrier, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(address_of(barrier)), "r"(arrivals) : "memory");
}

static __device__ __forceinline__ void mbarrier_arrive(uint64* barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(address_of(barrier)) : "memory");
}

// Arrives, and announces bytes that copies will bring in this phase.
static __device__ __forceinline__ void mbarrier_arrive_expecting(uint64* barrier, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(address_of(barrier)), "r"(bytes) : "memory");
}

// Arrives as soon as all cp_async that this thread has started are done. It is one of the arrivals that the barrier was made for.
static __device__ __forceinline__ void mbarrier_arrive_after_copies(uint64* barrier) {
    asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(address_of(barrier)) : "memory");
}

// Waits until the phase of that parity is complete: 0 for the first. With parity 1 a new barrier lets through.
static __device__ __forceinline__ void mbarrier_wait(uint64* barrier, uint32 parity) {
    const shared_address address = address_of(barrier);
    uint32 complete;
    do {
        asm volatile("{\n\t.reg .pred complete;\n\tmbarrier.try_wait.parity.shared::cta.b64 complete, [%1], %2;\n\t"
                     "selp.u32 %0, 1, 0, complete;\n\t}"
                     : "=r"(complete)
                     : "r"(address), "r"(parity)
                     : "memory");
    } while (complete == 0);
}

// What this thread has written to shared memory, or has seen written, is seen by TMA and wgmma after it.
static __device__ __forceinline__ void fence_async_proxy() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Starts copying the map's box at (x, y, z), x innermost, to shared memory, which is aligned to 1024 bytes; what lies outside the array
// becomes zeros. All bytes of the box count at the barrier when they have come.
static __device__ __forceinline__ void tma_load(void* shared, const tensor_map* map, int x, int y, int z, uint64* barrier) {
    asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];" ::"r"(
                     address_of(shared)),
                 "l"(map), "r"(address_of(barrier)), "r"(x), "r"(y), "r"(z)
                 : "memory");
}

// Before the first product, and after the sums were touched otherwise.
static __device__ __forceinline__ void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }

// Closes a group: the products that this warp has started since the last one.
static __device__ __forceinline__ void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Waits until at most the `pending` youngest groups are under way.
template <int pending>
static __device__ __forceinline__ void wgmma_wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}

// Keeps the compiler from reading sums before the wait above it.
template <int count>
static __device__ __forceinline__ void wgmma_sums_are_there(float (&d)[count]) {
#pragma unroll
    for (int i = 0; i < count; i++)
        asm volatile("" : "+f"(d[i])::"memory");
}

// Ten operands each: as the instruction names them, and as the compiler is told them.
#define WGMMA_NAMES(tens) \
    "%" #tens "0, %" #tens "1, %" #tens "2, %" #tens "3, %" #tens "4, %" #tens "5, %" #tens "6, %" #tens "7, %" #tens "8, %" #tens "9, "
#define WGMMA_SUMS(first)                                                                                             \
    "+f"(d[first]), "+f"(d[first + 1]), "+f"(d[first + 2]), "+f"(d[first + 3]), "+f"(d[first + 4]), "+f"(d[first + 5]), \
        "+f"(d[first + 6]), "+f"(d[first + 7]), "+f"(d[first + 8]), "+f"(d[first + 9])
#define WGMMA(columns, names, a, b, turn_a, turn_b, ...)                                                       \
    asm volatile("{\n\t.reg .pred add;\n\tsetp.eq.b32 add, 0, 0;\n\twgmma.mma_async.sync.aligned.m64n" columns \
                 "k16.f32.bf16.bf16 {" names "}, " a ", " b ", add, 1, 1, " turn_a ", " turn_b ";\n\t}"        \
                 : __VA_ARGS__                                                                                 \
                 : "l"(left), "l"(right), "n"(a_across ? 1 : 0), "n"(b_across ? 1 : 0)                         \
                 : "memory")

// D += A · B; the operands by their descriptors, across or along the depth. All threads of the warpgroup call it together. Both must stay
// as they are, and D must not be looked at, until it is waited for.
template <int columns, bool a_across, bool b_across>
static __device__ __forceinline__ void wgmma_bf16(float (&d)[columns / 2], uint64 left, uint64 right) {
    static_assert(columns == 64 || columns == 128 || columns == 256, "these three are written out");
    if constexpr (columns == 64) {
        WGMMA("64", WGMMA_NAMES() WGMMA_NAMES(1) WGMMA_NAMES(2) "%30, %31", "%32", "%33", "%34", "%35",
            WGMMA_SUMS(0), WGMMA_SUMS(10), WGMMA_SUMS(20), "+f"(d[30]), "+f"(d[31]));
    } else if constexpr (columns == 128) {
        WGMMA("128", WGMMA_NAMES() WGMMA_NAMES(1) WGMMA_NAMES(2) WGMMA_NAMES(3) WGMMA_NAMES(4) WGMMA_NAMES(5) "%60, %61, %62, %63", "%64",
            "%65", "%66", "%67",
            WGMMA_SUMS(0), WGMMA_SUMS(10), WGMMA_SUMS(20), WGMMA_SUMS(30), WGMMA_SUMS(40), WGMMA_SUMS(50), "+f"(d[60]), "+f"(d[61]),
            "+f"(d[62]), "+f"(d[63]));
    } else {
        WGMMA("256", WGMMA_NAMES() WGMMA_NAMES(1) WGMMA_NAMES(2) WGMMA_NAMES(3) WGMMA_NAMES(4) WGMMA_NAMES(5) WGMMA_NAMES(6) WGMMA_NAMES(7)
            WGMMA_NAMES(8) WGMMA_NAMES(9) WGMMA_NAMES(10) WGMMA_NAMES(11) "%120, %121, %122, %123, %124, %125, %126, %127", "%128",
            "%129", "%130", "%131",
            WGMMA_SUMS(0), WGMMA_SUMS(10), WGMMA_SUMS(20), WGMMA_SUMS(30), WGMMA_SUMS(40), WGMMA_SUMS(50), WGMMA_SUMS(60), WGMMA_SUMS(70),
            WGMMA_SUMS(80), WGMMA_SUMS(90), WGMMA_SUMS(100), WGMMA_SUMS(110), "+f"(d[120]), "+f"(d[121]), "+f"(d[122]), "+f"(d[123]),
            "+f"(d[124]), "+f"(d[125]), "+f"(d[126]), "+f"(d[127]));
    }
}

#undef WGMMA
#undef WGMMA_SUMS
#undef WGMMA_NAMES

#endif

#else

#define HAS_WGMMA 1
#include "host/hopper_ptx.h"

#endif
