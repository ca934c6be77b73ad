// Blocks and their threads: each CUDA thread is a fiber with a stack of its own, which runs until it waits or ends. See runtime.h.
#include "runtime.h"

#include <stdio.h>
#include <string.h>

#include "fiber.h"

namespace simulator {

namespace {

void start(workspace& w, fiber& thread, char* stack);

// What comes by itself comes when nobody could go on without it.
fiber* take_ready(workspace& w) {
    while (w.ready_count == 0) {
        if (w.unstarted < w.threads || w.finished == w.threads || !next_arrival(w))
            return nullptr;
    }
    fiber& next = w.fibers[w.ready[w.ready_first]];
    w.ready_first = (w.ready_first + 1) % threads_at_most;
    w.ready_count--;
    return &next;
}

void check_stack(const fiber& thread) {
    uint64_t found;
    memcpy(&found, thread.stack, sizeof found);
    if (found != canary)
        report("its local variables need more than the 64 KiB of stack that the simulator gives a thread");
}

[[noreturn]] void report_deadlock(workspace& w) {
    char text[700];
    // A warp's collective that misses a lane says more than the barrier at which the others wait for that warp.
    for (int t = 0; t < w.threads; t++) {
        fiber& waiting = w.fibers[t];
        if (waiting.waits != wait_kind::warp)
            continue;
        for (int lane = 0; lane < 32; lane++) {
            if ((waiting.wait_mask >> lane & 1) == 0)
                continue;
            fiber& other = w.fibers[t / 32 * 32 + lane];
            const bool takes_part = other.waits == wait_kind::warp && other.wait_mask == waiting.wait_mask
                && other.wait_name == waiting.wait_name;
            if (takes_part)
                continue;
            w.current = &waiting;
            if (other.finished)
                snprintf(text, sizeof text, "%s at %s with mask 0x%08x: lane %d (thread %s) does not take part, it has ended",
                    waiting.wait_name, place_name(waiting.wait_file, waiting.wait_line), waiting.wait_mask, lane, thread_name(other));
            else
                snprintf(text, sizeof text, "%s at %s with mask 0x%08x: lane %d (thread %s) does not take part, it waits in %s at %s",
                    waiting.wait_name,
                         place_name(waiting.wait_file, waiting.wait_line), waiting.wait_mask, lane, thread_name(other), other.wait_name,
                         place_name(other.wait_file, other.wait_line));
            report(text);
        }
    }

    report_missing_arrivals(w);
    fiber* waiting = nullptr;
    fiber* ended = nullptr;
    for (int t = 0; t < w.threads; t++) {
        fiber& thread = w.fibers[t];
        if (thread.waits == wait_kind::block && waiting == nullptr)
            waiting = &thread;
        if (thread.finished && ended == nullptr)
            ended = &thread;
    }
    w.current = waiting;
    snprintf(text, sizeof text,
        "divergent barrier: it waits at __syncthreads at %s with %d other threads, but thread %s and %d others have ended",
             place_name(waiting->wait_file, waiting->wait_line), w.at_barrier - 1, thread_name(*ended), w.finished - 1);
    report(text);
}

}  // namespace

void make_ready(workspace& w, fiber& thread) {
    thread.waits = wait_kind::none;
    w.ready[(w.ready_first + w.ready_count++) % threads_at_most] = static_cast<uint16_t>(thread.index);
}

void yield(workspace& w) {
    fiber& me = self(w);
    check_stack(me);
    if (fiber* next = take_ready(w)) {
        w.current = next;
        switch_stacks(&me.stack_pointer, next->stack_pointer);
        return;
    }
    if (w.unstarted < w.threads) {
        const int stack = w.free_stacks > 0 ? w.free_stack[--w.free_stacks] : w.stacks_made++;
        fiber& next = w.fibers[w.unstarted++];
        start(w, next, w.stacks[stack]);
        w.current = &next;
        switch_stacks(&me.stack_pointer, next.stack_pointer);
        return;
    }
    report_deadlock(w);
}

namespace {

// What a fresh stack runs: its thread, and then, as long as nobody else is ready, the next threads that have not begun. Threads that never
// wait so share one stack and cost no switch.
void carry() {
    workspace& w = here();
    while (true) {
        fiber& me = self(w);
        w.running->function->call(w.running->arguments);
        check_stack(me);
        me.finished = true;
        w.finished++;
        if (fiber* next = take_ready(w)) {
            w.free_stack[w.free_stacks++] = static_cast<uint16_t>((me.stack - w.stacks[0]) / stack_distance);
            w.current = next;
            void* unused;
            switch_stacks(&unused, next->stack_pointer);
        }
        if (w.unstarted == w.threads) {
            if (w.finished < w.threads)
                report_deadlock(w);
            end_block_async(w);
            void* unused;
            switch_stacks(&unused, w.main_stack);
        }
        fiber& next = w.fibers[w.unstarted++];
        start(w, next, nullptr);
        next.stack = me.stack;
        w.current = &next;
    }
}

// `stack` null: the caller has one.
void start(workspace& w, fiber& thread, char* stack) {
    const unsigned index = static_cast<unsigned>(thread.index);
    const unsigned width = w.block_extents.x, height = w.block_extents.y;
    thread.thread = {index % width, index / width % height, index / width / height};
    thread.started = true;
    if (stack != nullptr) {
        thread.stack = stack;
        memcpy(stack, &canary, sizeof canary);
        thread.stack_pointer = prepare_stack(stack, stack_bytes, carry);
    }
}

void run_block(workspace& w, int64_t number) {
    const launch& l = *w.running;
    w.block_number = number;
    w.block_index = {static_cast<unsigned>(number % l.grid[0]), static_cast<unsigned>(number / l.grid[0] % l.grid[1]),
                     static_cast<unsigned>(number / l.grid[0] / l.grid[1])};
    w.unstarted = w.finished = w.ready_first = w.ready_count = w.free_stacks = w.stacks_made = w.at_barrier = 0;
    for (int t = 0; t < w.threads; t++) {
        fiber& thread = w.fibers[t];
        thread.index = t;
        thread.started = thread.finished = false;
        thread.waits = wait_kind::none;
        thread.copies = thread.group = 0;
        thread.copies_done = 0;
        thread.fenced = 0;
    }
    for (int warp = 0; warp * 32 < w.threads; warp++) {
        const int lanes = w.threads - warp * 32;
        w.warp_lanes[warp] = lanes >= 32 ? 0xffffffffu : (1u << lanes) - 1;
        w.warp_waiting[warp] = 0;
        w.warp_epoch[warp] = 0;
    }
    w.trusted = false;
    w.shared[0] = {nullptr, nullptr, 0, l.dynamic_bytes};
    w.shared_count = 1;
    w.shared_hit = w.shared_static = 0;
    w.shared_used = (l.dynamic_bytes + 15) / 16 * 16 + shared_gap;
    w.dynamic_site = nullptr;
    begin_block_async(w);
    begin_block_checks(w);
    begin_watch(w);

    w.unstarted = 1;
    start(w, w.fibers[0], w.stacks[w.stacks_made++]);
    w.current = &w.fibers[0];
    switch_stacks(&w.main_stack, w.fibers[0].stack_pointer);
    end_watch(w);
}

}  // namespace

void block_barrier(const char* file, int line) {
    workspace& w = here();
    fiber& me = self(w);
    if (w.at_barrier == 0) {
        w.barrier_file = file;
        w.barrier_line = line;
    } else if (!same_place(w.barrier_file, w.barrier_line, file, line)) {
        int first = 0;
        while (w.fibers[first].waits != wait_kind::block)
            first++;
        char text[700];
        snprintf(text, sizeof text, "divergent barrier: it comes to __syncthreads at %s while thread %s and %d others wait at %s",
            place_name(file, line), thread_name(w.fibers[first]), w.at_barrier - 1, place_name(w.barrier_file, w.barrier_line));
        report(text);
    }
    if (++w.at_barrier < w.threads) {
        me.waits = wait_kind::block;
        me.wait_name = "__syncthreads";
        me.wait_file = file;
        me.wait_line = line;
        yield(w);
        return;
    }
    w.at_barrier = 0;
    w.epoch++;
    watch_barrier(w, file, line);
    for (int t = 0; t < w.threads; t++)
        if (t != me.index)
            make_ready(w, w.fibers[t]);
}

void warp_together(const char* name, unsigned mask, const void* mine, void* result, warp_work work, const char* file, int line,
    tensor_work tensors) {
    workspace& w = here();
    fiber& me = self(w);
    const int warp = me.index / 32, lane = me.index % 32;
    char text[700];
    if (watch_together(w, name, mask, tensors, file, line))
        return;
    if ((mask >> lane & 1) == 0) {
        snprintf(text, sizeof text, "%s at %s: the mask 0x%08x lacks the calling lane %d", name, place_name(file, line), mask, lane);
        report(text);
    }
    if ((mask & ~w.warp_lanes[warp]) != 0) {
        snprintf(text, sizeof text, "%s at %s: the mask 0x%08x names lanes that the block of %d threads does not have", name,
            place_name(file, line), mask, w.threads);
        report(text);
    }
    me.wait_name = name;
    me.wait_file = file;
    me.wait_line = line;
    me.wait_mask = mask;
    me.mine = mine;
    me.result = result;
    w.warp_waiting[warp] |= 1u << lane;
    if ((w.warp_waiting[warp] & mask) != mask) {
        me.waits = wait_kind::warp;
        yield(w);
        return;
    }

    fiber* lanes = w.fibers + warp * 32;
    const void* all[32] = {};
    void* results[32] = {};
    for (int i = 0; i < 32; i++) {
        if ((mask >> i & 1) == 0)
            continue;
        // Barriers may be met from different lines, as CUDA has it; everything else must be the same instruction.
        const bool same = lanes[i].wait_name == name || strcmp(lanes[i].wait_name, name) == 0;
        if (!same || lanes[i].wait_mask != mask || (work != nullptr && !same_place(lanes[i].wait_file, lanes[i].wait_line, file, line))) {
            snprintf(text, sizeof text,
                "%s at %s with mask 0x%08x: lane %d (thread %s) does not take part, it waits in %s at %s with mask 0x%08x", name,
                     place_name(file, line), mask, i, thread_name(lanes[i]), lanes[i].wait_name,
                         place_name(lanes[i].wait_file, lanes[i].wait_line), lanes[i].wait_mask);
            report(text);
        }
        all[i] = lanes[i].mine;
        results[i] = lanes[i].result;
    }
    if (work != nullptr) {
        w.trusted = true;
        work(all, results, mask);
        w.trusted = false;
    } else {
        w.warp_epoch[warp]++;
    }
    w.warp_waiting[warp] &= ~mask;
    for (int i = 0; i < 32; i++)
        if ((mask >> i & 1) != 0 && i != lane)
            make_ready(w, lanes[i]);
}

void warp_barrier(unsigned mask, const char* file, int line) { warp_together("__syncwarp", mask, nullptr, nullptr, nullptr, file, line); }

void* shared_array(const shared_site& site) {
    workspace& w = here();
    for (int i = 0; i < w.shared_count; i++)
        if (w.shared[i].site == &site)
            return w.arena + w.shared[i].offset;
    char text[700];
    w.shared_static += (site.bytes + 15) / 16 * 16;
    if (w.shared_count == shared_arrays_at_most)
        report("it declares more than 31 shared arrays");
    if (w.shared_static > static_shared_limit || w.shared_static + w.running->dynamic_bytes > shared_limit) {
        snprintf(text, sizeof text,
            "its shared arrays up to `%s` take %d bytes beside %d bytes of dynamic shared memory; a block may have %d, and %d with the "
            "dynamic ones",
                 site.name, w.shared_static, w.running->dynamic_bytes, static_shared_limit, shared_limit);
        report(text);
    }
    w.shared[w.shared_count++] = {&site, site.name, w.shared_used, site.bytes};
    void* const result = w.arena + w.shared_used;
    w.shared_used += (site.bytes + 15) / 16 * 16 + shared_gap;
    return result;
}

void* dynamic_shared(const shared_site& site) {
    workspace& w = here();
    w.dynamic_site = &site;
    return w.arena;
}

void report(const char* text, const void* place, const void* other_place) {
    workspace& w = here();
    launch& l = *w.running;
    while (__atomic_exchange_n(&l.fault_lock, 1, __ATOMIC_ACQUIRE) != 0) {
    }
    if (w.block_number < l.fault_block) {
        const fiber& me = self(w);
        snprintf(l.text, sizeof l.text, "block (%u,%u,%u), thread %s%s: %s", w.block_index.x, w.block_index.y, w.block_index.z,
            thread_name(me), place != nullptr ? ", @0" : "", text);
        l.places[0] = static_cast<const char*>(place) - module_start();
        l.places[1] = static_cast<const char*>(other_place) - module_start();
        __atomic_store_n(&l.fault_block, w.block_number, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&l.fault_lock, 0, __ATOMIC_RELEASE);
    void* unused;
    switch_stacks(&unused, w.main_stack);
    __builtin_unreachable();
}

bool same_place(const char* file, int line, const char* other_file, int other_line) {
    return line == other_line && (file == other_file || strcmp(file, other_file) == 0);
}

void fault(const char* what, const char* file, int line) {
    char text[700];
    snprintf(text, sizeof text, "%s at %s", what, place_name(file, line));
    report(text);
}

// Both are called on a fiber, so that turns need not be shared between threads of the machine.
const char* thread_name(const fiber& thread) {
    static thread_local char buffers[4][48];
    static thread_local int turn;
    char* const buffer = buffers[turn++ % 4];
    const workspace& w = here();
    const unsigned index = static_cast<unsigned>(thread.index), width = w.block_extents.x, height = w.block_extents.y;
    snprintf(buffer, sizeof buffers[0], "(%u,%u,%u)", index % width, index / width % height, index / width / height);
    return buffer;
}

const char* place_name(const char* file, int line) {
    static thread_local char buffers[4][128];
    static thread_local int turn;
    char* const buffer = buffers[turn++ % 4];
    const char* const slash = strrchr(file, '/');
    snprintf(buffer, sizeof buffers[0], "%s:%d", slash == nullptr ? file : slash + 1, line);
    return buffer;
}

}  // namespace simulator

// Runs blocks [first, end) of a launch on the calling thread of the machine; of those to be counted, where it counts.
extern "C" __attribute__((visibility("default"))) void simulator_run(simulator::launch* launch, void* memory, int64_t first, int64_t end) {
    auto& w = *static_cast<simulator::workspace*>(memory);
    w.running = launch;
    memset(w.device_hit, 0, sizeof w.device_hit);
    w.block_extents = dim3(launch->block[0], launch->block[1], launch->block[2]);
    w.grid_extents = dim3(launch->grid[0], launch->grid[1], launch->grid[2]);
    w.threads = launch->block[0] * launch->block[1] * launch->block[2];
    for (int64_t i = first; i < end; i++) {
        const int64_t block = simulator::block_to_run(*launch, i);
        if (block >= __atomic_load_n(&launch->fault_block, __ATOMIC_RELAXED))
            break;
        w.item = i;
        simulator::run_block(w, block);
    }
}

// For a debugger that stands in a kernel: `call where()` prints which CUDA thread of which block that is.
extern "C" __attribute__((visibility("default"), used)) void where() {
    const simulator::workspace_head& here = simulator::head();
    const uint3 block = here.block_index, thread = here.current->thread;
    fprintf(stderr, "block (%u,%u,%u), thread (%u,%u,%u)\n", block.x, block.y, block.z, thread.x, thread.y, thread.z);
}

extern "C" __attribute__((visibility("default"))) const simulator::kernel* simulator_module(int* count) {
    *count = simulator_kernel_count;
    return simulator_kernels;
}
