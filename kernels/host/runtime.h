// The inside of the simulator: threads as fibers, blocks, launches. Compiled once with each module, beside the kernels and without their
// instrumentation.
#pragma once

#include <stdint.h>

#include "async.h"
#include "simulator.h"

// Where the module begins and ends in memory, from the linker.
extern "C" {
#ifdef __ELF__
extern __attribute__((visibility("hidden"))) char __ehdr_start[], _end[];
#else
extern __attribute__((visibility("hidden"))) char __dso_handle[];
#endif
}

namespace simulator {

constexpr int threads_at_most = 1024;
constexpr int stack_bytes = 64 * 1024;
// Stacks start at different places of the cache: a distance of a power of two would put all of them on the same lines.
constexpr int stack_distance = stack_bytes + 9 * 64;
constexpr int shared_limit = 227 * 1024, static_shared_limit = 48 * 1024;
constexpr int shared_arrays_at_most = 32, shared_gap = 64;
constexpr int arena_bytes = shared_limit + (shared_arrays_at_most + 1) * (shared_gap + 16);
constexpr int copies_at_most = 256;
constexpr uint64_t canary = 0x5afe57acc0ffee00u;

// One kernel, with its parameters' names, sizes and whether they are pointers: the table is made by the generated file that includes the
// kernels' (see KernelScan.cs).
struct kernel {
    const char* name;
    void (*call)(void** arguments);
    const char* const* parameters;
    const int* sizes;
    const bool* pointers;
    int parameter_count;
    // Of __launch_bounds__, or 0.
    int threads_bound;
    // The parameters as they are written, with semicolons between.
    const char* declarations;
};

struct trace;
struct counting;
struct block_counter;

struct range {
    char* start;
    int64_t bytes;
};

// The same fields as SimulatedModule.cs has.
struct launch {
    const kernel* function;
    void** arguments;
    const range* ranges;
    char* device;
    uint8_t* device_written;
    int64_t device_bytes;
    int64_t range_count;
    int32_t grid[3], block[3];
    int32_t dynamic_bytes;
    // The fault of the block that comes first; blocks after it are not begun. `text` has @0 and @1 for the lines of the two places.
    int32_t fault_lock;
    int64_t fault_block;
    // Code addresses as offsets in the module.
    int64_t places[2];
    char text[1024];
    // What a build that records keeps of one block; null to keep nothing.
    trace* traced;
    // Of a build that counts: which blocks to run, and what they do.
    counting* counted;
};

enum class wait_kind : uint8_t { none, block, warp, arrivals };

struct pending_copy {
    char* shared;
    const char* global;
    int bytes, source_bytes, group;
    const void* place;
};

struct fiber : thread_head {
    int index;
    bool started, finished;
    wait_kind waits;
    void* stack_pointer;
    // The lowest address of its stack.
    char* stack;
    // What it waits for, and what it gave.
    const char* wait_name;
    const char* wait_file;
    int wait_line;
    unsigned wait_mask;
    const void* mine;
    void* result;
    int copies, group;
    // How many of its copies are done, and the clock of its last fence between threads and TMA or wgmma (see async.h).
    int64_t copies_done;
    uint32_t fenced;
};

// The first one of a block is the dynamic shared memory, without a site.
struct shared_declaration {
    const shared_site* site;
    const char* name;
    int offset, bytes;
};

// What is known of four bytes of shared memory: who wrote them last, and which two threads read them last. See checks.cpp for the packing.
struct shared_cell {
    uint64_t write, reads[2];
    uint32_t write_place, read_places[2];
    // The block in which they were written, in the upper 28 bits, and which of the four in the lower.
    uint32_t written;
    // The thread that wrote them (10 bits), without counting updates, and the clock of fences then (see async.h); 0 after TMA has.
    uint64_t proxy;
};

struct workspace : workspace_head {
    launch* running;
    // Of the launch, while the block runs that it asks for.
    trace* traced;
    // Of a build that counts: of the block that runs.
    block_counter* counter;
    // Of the range that simulator_run was given.
    int64_t item;
    int64_t block_number;
    int threads, unstarted, finished;
    int ready_first, ready_count;
    uint16_t ready[threads_at_most];
    int free_stacks;
    uint16_t free_stack[threads_at_most];
    int stacks_made;
    void* main_stack;
    // While a collective's work is done: it reads and writes what all lanes gave, in their local variables.
    bool trusted;

    // How many wait at the block's barrier, and where the first of them does.
    int at_barrier;
    const char* barrier_file;
    int barrier_line;

    unsigned warp_lanes[threads_at_most / 32], warp_waiting[threads_at_most / 32];
    uint16_t warp_epoch[threads_at_most / 32];
    // Grows with each barrier and each block, so that what the cells remember grows old by itself.
    uint32_t epoch, block_serial;

    shared_declaration shared[shared_arrays_at_most];
    int shared_count, shared_used, shared_static;
    int shared_hit;
    const shared_site* dynamic_site;
    range device_hit[64];
    async_work async;

    fiber fibers[threads_at_most];
    __attribute__((aligned(128))) char arena[arena_bytes];
    shared_cell cells[arena_bytes / 4 + 1];
    pending_copy copies[threads_at_most][copies_at_most];
    __attribute__((aligned(4096))) char stacks[threads_at_most][stack_distance];
};
static_assert(sizeof(workspace) <= workspace_bytes, "a workspace fits its place");

static inline workspace& here() { return static_cast<workspace&>(head()); }
static inline fiber& self(workspace& w) { return static_cast<fiber&>(*w.current); }

// Records what the running thread did, unless an earlier block had a fault, and leaves the block for good. `place` is a code address, whose
// line the message will have; `text` may hold @1 for the line of the other one.
[[noreturn]] void report(const char* text, const void* place = nullptr, const void* other_place = nullptr);

// The module's code and constants in memory. Other linkers than those for ELF do not tell the end: generously more than a module takes.
#ifdef __ELF__
static inline const char* module_start() { return __ehdr_start; }
static inline const char* module_end() { return _end; }
#else
static inline const char* module_start() { return __dso_handle; }
static inline const char* module_end() { return __dso_handle + (16 << 20); }
#endif

// The running thread waits: another one goes on, or something arrives.
void yield(workspace& w);
// A thread that waited may go on, in its turn.
void make_ready(workspace& w, fiber& thread);
// The first `count` of a thread's asynchronous copies are done; at `place`, or null for where each was started.
void finish_copies(workspace& w, fiber& thread, int64_t count, const void* place);

// "(x,y,z)" of a thread of the block, and "file:line" with the file's folder left out; in one of a few buffers that take turns.
const char* thread_name(const fiber& thread);
const char* place_name(const char* file, int line);
bool same_place(const char* file, int line, const char* other_file, int other_line);

// checks.cpp; without checks they do nothing.
void begin_block_checks(workspace& w);
void check_atomic(const void* address, int bytes, const void* place);
void check_copy_begins(char* shared, const char* global, int bytes, int source_bytes, const void* place);
void check_copy_ends(char* shared, int bytes, const void* place);
void check_load(const void* address, int64_t bytes, const void* place);
void check_store(const void* address, int64_t bytes, const void* place);
// A box of the copy engine: until it has come, its target counts as never written.
void check_arrival_begins(char* shared, int bytes, const void* place);
void check_arrival_ends(char* shared, int bytes);
// TMA or wgmma reads: it must have been written, and not by a thread without a fence since.
void check_proxy_read(const void* shared, int bytes, const char* who, const char* file, int line);

enum class access { read, write, update };

enum class trace_kind : uint8_t { load, store, update, barrier, together };

// trace.cpp and count.cpp watch what a block does; in the other builds these are nothing, which costs nothing.
#if defined(SIMULATOR_TRACE) || defined(SIMULATOR_COUNT)
void begin_watch(workspace& w);
void end_watch(workspace& w);
void watch_barrier(workspace& w, const char* file, int line);
// Whether that is all: a build that counts leaves the products of tensor cores uncomputed.
bool watch_together(workspace& w, const char* name, unsigned mask, const tensor_work& work, const char* file, int line);
#else
static inline void begin_watch(workspace&) {}
static inline void end_watch(workspace&) {}
static inline void watch_barrier(workspace&, const char*, int) {}
static inline bool watch_together(workspace&, const char*, unsigned, const tensor_work&, const char*, int) { return false; }
#endif

#ifdef SIMULATOR_COUNT
int64_t block_to_run(const launch& l, int64_t item);
#else
static inline int64_t block_to_run(const launch&, int64_t item) { return item; }
#endif

#ifdef SIMULATOR_TRACE
void trace_access(workspace& w, trace_kind kind, const void* address, int64_t bytes, const void* place);
// The store that was recorded last will write these bytes and zeros behind them.
void trace_stored(workspace& w, const void* value, int bytes);
#else
static inline void trace_access(workspace&, trace_kind, const void*, int64_t, const void*) {}
static inline void trace_stored(workspace&, const void*, int) {}
#endif

}  // namespace simulator

// The table of the module's kernels.
extern "C" const simulator::kernel simulator_kernels[];
extern "C" const int simulator_kernel_count;
