// Barriers in shared memory, and what comes to them by itself: boxes of the copy engine, and arrivals behind a thread's own copies. The
// barrier's 8 bytes are opaque to kernels; here they hold its mark, parity, arrivals and bytes. See async.h.
#include "async.h"

#include <stdio.h>
#include <string.h>

#include "hopper_ptx.h"
#include "runtime.h"

namespace simulator {

namespace {

struct barrier_state {
    int64_t bytes;  // That are announced and have not come; fewer than none when they came first.
    unsigned expected, pending, parity;
    bool valid;
};

constexpr uint64_t barrier_mark = 0xb;
constexpr int arrivals_limit = 1 << 19;

barrier_state read(const uint64_t* barrier) {
    uint64_t bits;
    memcpy(&bits, barrier, sizeof bits);
    return {static_cast<int64_t>(bits & 0xfffff) - (1 << 19), static_cast<unsigned>(bits >> 20 & 0xfffff),
        static_cast<unsigned>(bits >> 40 & 0x7ffff), static_cast<unsigned>(bits >> 59 & 1), bits >> 60 == barrier_mark};
}

void write(uint64_t* barrier, const barrier_state& state) {
    const uint64_t bits = static_cast<uint64_t>(state.bytes + (1 << 19)) | uint64_t{state.expected} << 20 | uint64_t{state.pending} << 40
        | uint64_t{state.parity} << 59 | barrier_mark << 60;
    memcpy(barrier, &bits, sizeof bits);
}

barrier_state valid_state(const uint64_t* barrier, const char* file, int line) {
    const barrier_state state = read(barrier);
    if (!state.valid)
        fault("a barrier that mbarrier_init has not made, or that something has overwritten,", file, line);
    return state;
}

// Takes one arrival, or bytes that came, or both; begins the next phase when nothing is missing any more.
void settle(workspace& w, uint64_t* barrier, int arrivals, int64_t bytes, const char* file, int line) {
    barrier_state state = valid_state(barrier, file, line);
    if (static_cast<unsigned>(arrivals) > state.pending)
        fault("more arrivals at a barrier than its phase expects", file, line);
    state.pending -= static_cast<unsigned>(arrivals);
    state.bytes += bytes;
    if (state.bytes >= arrivals_limit || state.bytes <= -arrivals_limit)
        fault("more bytes at a barrier than it can count", file, line);
    if (state.pending > 0 || state.bytes != 0) {
        write(barrier, state);
        return;
    }
    state.parity ^= 1;
    state.pending = state.expected;
    write(barrier, state);
    for (int t = 0; t < w.threads; t++)
        if (w.fibers[t].waits == wait_kind::arrivals && w.fibers[t].mine == barrier)
            make_ready(w, w.fibers[t]);
}

void expect_shared(workspace& w, const void* pointer, const char* file, int line) {
    if (static_cast<uintptr_t>(static_cast<const char*>(pointer) - w.arena) >= arena_bytes)
        fault("a barrier or a box that is not in shared memory", file, line);
}

arrival& add_arrival(workspace& w, const char* file, int line) {
    async_work& a = w.async;
    if (a.arrival_count == arrivals_under_way)
        fault("more copies under way at barriers than the simulator can keep", file, line);
    return a.arrivals[(a.first_arrival + a.arrival_count++) % arrivals_under_way];
}

int64_t box_bytes(const simulated_map& map) { return int64_t{2} * map.box[0] * map.box[1] * map.box[2]; }

// Calls row(bytes of the box before it, its place in the array, how many of its elements lie within): null and 0 for none.
template <typename Row>
void for_each_row(const arrival& box, Row row) {
    const simulated_map& map = box.map;
    int64_t at = 0;
    for (uint32_t z = 0; z < map.box[2]; z++) {
        for (uint32_t y = 0; y < map.box[1]; y++, at += 2 * map.box[0]) {
            const int64_t x0 = box.corner[0], y0 = box.corner[1] + int64_t{y}, z0 = box.corner[2] + int64_t{z};
            const bool inside = y0 >= 0 && z0 >= 0 && static_cast<uint64_t>(y0) < map.extents[1]
                && static_cast<uint64_t>(z0) < map.extents[2];
            const int64_t first = x0 < 0 ? -x0 : 0, left = static_cast<int64_t>(map.extents[0]) - x0,
                end = left < map.box[0] ? left : map.box[0];
            const int64_t offset = y0 * static_cast<int64_t>(map.strides[0]) + z0 * static_cast<int64_t>(map.strides[1]);
            if (inside && first < end)
                row(at, first, map.array + offset + (x0 + first) * 2, end - first);
            else
                row(at, int64_t{0}, static_cast<const char*>(nullptr), int64_t{0});
        }
    }
}

void copy_box(workspace& w, const arrival& box) {
    const unsigned base = shared_place(box.shared);
    for_each_row(box, [&](int64_t at, int64_t first, const char* from, int64_t count) {
        for (int64_t i = 0; i < box.map.box[0]; i++) {
            const unsigned address = base + static_cast<unsigned>(at + 2 * i);
            const unsigned placed = box.map.swizzle == 3 ? address ^ (address >> 7 & 7) << 4 : address;
            char* const to = w.arena + (placed - first_shared_address);
            if (i >= first && i < first + count)
                memcpy(to, from + 2 * (i - first), 2);
            else
                memset(to, 0, 2);
        }
    });
}

}  // namespace

unsigned shared_place(const void* shared) {
    return first_shared_address + static_cast<unsigned>(static_cast<const char*>(shared) - here().arena);
}

void barrier_init(unsigned long long* pointer, int arrivals, const char* file, int line) {
    workspace& w = here();
    uint64_t* const barrier = reinterpret_cast<uint64_t*>(pointer);
    expect_shared(w, barrier, file, line);
    if (arrivals < 1 || arrivals >= arrivals_limit || shared_place(barrier) % 8 != 0)
        fault("mbarrier_init with an address that is no multiple of 8 or a wrong number of arrivals", file, line);
    check_store(barrier, 8, __builtin_return_address(0));
    write(barrier, {0, static_cast<unsigned>(arrivals), static_cast<unsigned>(arrivals), 0, true});
}

void barrier_arrive(unsigned long long* pointer, int bytes, const char* file, int line) {
    workspace& w = here();
    expect_shared(w, pointer, file, line);
    check_atomic(pointer, 8, __builtin_return_address(0));
    settle(w, reinterpret_cast<uint64_t*>(pointer), 1, bytes, file, line);
}

void barrier_arrive_after_copies(unsigned long long* pointer, const char* file, int line) {
    workspace& w = here();
    const fiber& me = self(w);
    expect_shared(w, pointer, file, line);
    check_atomic(pointer, 8, __builtin_return_address(0));
    arrival& one = add_arrival(w, file, line);
    one.barrier = reinterpret_cast<uint64_t*>(pointer);
    one.file = file;
    one.line = line;
    one.thread = me.index;
    one.copies = me.copies_done + me.copies;
}

void barrier_wait(unsigned long long* pointer, unsigned parity, const char* file, int line) {
    workspace& w = here();
    fiber& me = self(w);
    uint64_t* const barrier = reinterpret_cast<uint64_t*>(pointer);
    expect_shared(w, barrier, file, line);
    check_atomic(barrier, 8, __builtin_return_address(0));
    while (valid_state(barrier, file, line).parity == parity) {
        me.waits = wait_kind::arrivals;
        me.wait_name = "mbarrier_wait";
        me.wait_file = file;
        me.wait_line = line;
        me.mine = barrier;
        yield(w);
    }
}

void proxy_fence() {
    workspace& w = here();
    self(w).fenced = ++w.async.proxy_clock;
}

void load_box(void* shared, const void* given, const int (&corner)[3], unsigned long long* pointer, const char* file, int line) {
    workspace& w = here();
    const void* const place = __builtin_return_address(0);
    arrival box = {};
    memcpy(&box.map, given, sizeof box.map);
    if (box.map.magic != simulated_map::mark)
        fault("tma_load by a tensor map that the driver has not made", file, line);
    box.barrier = reinterpret_cast<uint64_t*>(pointer);
    box.file = file;
    box.line = line;
    box.place = place;
    box.thread = self(w).index;
    box.copies = -1;
    memcpy(box.corner, corner, sizeof box.corner);
    box.shared = static_cast<char*>(shared);
    expect_shared(w, shared, file, line);
    expect_shared(w, pointer, file, line);
    // The engine asks for 128; where eight rows of 128 bytes begin decides how they are swizzled, and wgmma is told no such offset.
    if (shared_place(shared) % 1024 != 0)
        fault("tma_load to an address that is no multiple of 1024", file, line);
    valid_state(box.barrier, file, line);
    check_proxy_read(box.barrier, 8, "tma_load", file, line);
    const int bytes = static_cast<int>(box_bytes(box.map));
    refuse_write_to_operands(w, box.shared, bytes, "tma_load writes to", place);
    for_each_row(box, [&](int64_t, int64_t, const char* from, int64_t count) {
        if (count > 0)
            check_load(from, 2 * count, place);
    });
    check_arrival_begins(box.shared, bytes, place);
    add_arrival(w, file, line) = box;
}

bool next_arrival(workspace& w) {
    async_work& a = w.async;
    if (a.arrival_count == 0)
        return false;
    const arrival& one = a.arrivals[a.first_arrival];
    a.first_arrival = (a.first_arrival + 1) % arrivals_under_way;
    a.arrival_count--;
    // It is that thread's doing, whoever stands still here.
    thread_head* const current = w.current;
    w.current = &w.fibers[one.thread];
    if (one.copies < 0) {
        copy_box(w, one);
        const int bytes = static_cast<int>(box_bytes(one.map));
        check_arrival_ends(one.shared, bytes);
        settle(w, one.barrier, 0, -bytes, one.file, one.line);
    } else {
        finish_copies(w, self(w), one.copies - self(w).copies_done, nullptr);
        settle(w, one.barrier, 1, 0, one.file, one.line);
    }
    w.current = current;
    return true;
}

void report_missing_arrivals(workspace& w) {
    const fiber* first = nullptr;
    const fiber* other = nullptr;
    int waiting = 0;
    for (int t = w.threads - 1; t >= 0; t--) {
        if (w.fibers[t].waits != wait_kind::arrivals)
            continue;
        waiting++;
        first = &w.fibers[t];
    }
    if (first == nullptr)
        return;
    for (int t = 0; t < w.threads && other == nullptr; t++) {
        const fiber& thread = w.fibers[t];
        if (!thread.finished && !same_place(thread.wait_file, thread.wait_line, first->wait_file, first->wait_line))
            other = &thread;
    }
    char text[700];
    const barrier_state state = read(static_cast<const uint64_t*>(first->mine));
    const int length = snprintf(text, sizeof text, "deadlock: with %d other threads it waits at mbarrier_wait at %s, whose phase lacks %u "
        "of %u arrivals and %lld bytes, and nothing is under way that could complete it", waiting - 1,
        place_name(first->wait_file, first->wait_line), state.pending, state.expected, static_cast<long long>(state.bytes));
    if (other != nullptr)
        snprintf(text + length, sizeof text - static_cast<size_t>(length), "; thread %s waits in %s at %s", thread_name(*other),
            other->wait_name, place_name(other->wait_file, other->wait_line));
    w.current = &w.fibers[first->index];
    report(text);
}

void begin_block_async(workspace& w) {
    async_work& a = w.async;
    a.arrival_count = 0;
    a.proxy_clock++;
    for (warp_products& warp : a.warps) {
        warp.count = warp.group = 0;
        warp.issued = 0;
        warp.fenced = false;
    }
    for (auto& group : a.log)
        for (issued_product& product : group)
            product.number = 0;
}

void end_block_async(workspace& w) {
    async_work& a = w.async;
    if (a.arrival_count > 0) {
        const arrival& one = a.arrivals[a.first_arrival];
        w.current = &w.fibers[one.thread];
        fault("the block has ended and nobody has waited for the copy that was started", one.file, one.line);
    }
    for (int warp = 0; warp < warps_of_block; warp++) {
        const warp_products& products = a.warps[warp];
        if (products.count > 0) {
            w.current = &w.fibers[32 * warp];
            fault("the block has ended and nobody has waited for the product that was started", products.pending[0].file,
                products.pending[0].line);
        }
        const uint64_t others = a.warps[warp / 4 * 4].issued;
        if (products.issued != others) {
            w.current = &w.fibers[32 * warp];
            char text[160];
            snprintf(text, sizeof text, "wgmma_bf16: warp %d has taken part in %llu products, the first of its warpgroup in %llu", warp,
                static_cast<unsigned long long>(products.issued), static_cast<unsigned long long>(others));
            report(text);
        }
    }
}

}  // namespace simulator
