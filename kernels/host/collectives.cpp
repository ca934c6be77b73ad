// What the lanes of a warp and asynchronous copies compute, and atomics.
#include <string.h>

#include "runtime.h"
#include "warp.h"

namespace simulator {

void shuffle_work(const void* const* mine, void* const* results, unsigned mask) {
    for (int lane = 0; lane < 32; lane++) {
        if ((mask >> lane & 1) == 0)
            continue;
        const auto& request = *static_cast<const shuffle_request*>(mine[lane]);
        const int first = lane & ~(request.width - 1), end = first + request.width;
        int source = lane;
        if (request.kind == shuffle::from)
            source = first + (request.operand & (request.width - 1));
        else if (request.kind == shuffle::up)
            source = lane - request.operand < first ? lane : lane - request.operand;
        else if (request.kind == shuffle::down)
            source = lane + request.operand >= end ? lane : lane + request.operand;
        else
            source = (lane ^ request.operand) >= end ? lane : lane ^ request.operand;
        if (source < 0 || source > 31 || mine[source] == nullptr) {
            const fiber& me = self(here());
            fault("a shuffle that reads from a lane which its mask does not name", me.wait_file, me.wait_line);
        }
        const auto& given = *static_cast<const shuffle_request*>(mine[source]);
        memcpy(results[lane], &given.value, sizeof given.value);
    }
}

void ballot_work(const void* const* mine, void* const* results, unsigned mask) {
    unsigned ballot = 0;
    for (int lane = 0; lane < 32; lane++)
        if ((mask >> lane & 1) != 0 && *static_cast<const int*>(mine[lane]) != 0)
            ballot |= 1u << lane;
    for (int lane = 0; lane < 32; lane++)
        if ((mask >> lane & 1) != 0)
            memcpy(results[lane], &ballot, sizeof ballot);
}

namespace {

struct exchange_request {
    const void* values;
    int bytes;
};

void exchange_work(const void* const* mine, void* const* results, unsigned) {
    for (int from = 0; from < 32; from++) {
        const auto& given = *static_cast<const exchange_request*>(mine[from]);
        for (int to = 0; to < 32; to++)
            memcpy(static_cast<char*>(results[to]) + from * given.bytes, given.values, static_cast<size_t>(given.bytes));
    }
}

}  // namespace

void warp_exchange(const void* mine, int bytes, void* all, int line, const char* file) {
    const exchange_request request{mine, bytes};
    warp_together("a warp's exchange", 0xffffffffu, &request, all, exchange_work, file, line);
}

void copy_later(void* shared, const void* global, int bytes, int source_bytes) {
    workspace& w = here();
    fiber& me = self(w);
    if (me.copies == copies_at_most)
        report("it has more than 256 asynchronous copies under way");
    const void* const place = __builtin_return_address(0);
    check_copy_begins(static_cast<char*>(shared), static_cast<const char*>(global), bytes, source_bytes, place);
    refuse_write_to_operands(w, static_cast<char*>(shared), bytes, "an asynchronous copy writes to", place);
    w.copies[me.index][me.copies++] = {static_cast<char*>(shared), static_cast<const char*>(global), bytes, source_bytes, me.group, place};
}

void commit_copies() { self(here()).group++; }

void wait_copies(int pending_groups) {
    workspace& w = here();
    fiber& me = self(w);
    int done = 0;
    while (done < me.copies && w.copies[me.index][done].group < me.group - pending_groups)
        done++;
    finish_copies(w, me, done, __builtin_return_address(0));
}

void finish_copies(workspace& w, fiber& thread, int64_t count, const void* place) {
    pending_copy* const copies = w.copies[thread.index];
    for (int64_t i = 0; i < count; i++) {
        const pending_copy& copy = copies[i];
        memcpy(copy.shared, copy.global, static_cast<size_t>(copy.source_bytes));
        memset(copy.shared + copy.source_bytes, 0, static_cast<size_t>(copy.bytes - copy.source_bytes));
        check_copy_ends(copy.shared, copy.bytes, place != nullptr ? place : copy.place);
    }
    if (count <= 0)
        return;
    thread.copies -= static_cast<int>(count);
    thread.copies_done += count;
    memmove(copies, copies + count, static_cast<size_t>(thread.copies) * sizeof *copies);
}

namespace {

template <class U, class S>
U update(atomic operation, U* address, U value) {
    U old = __atomic_load_n(address, __ATOMIC_RELAXED), changed;
    do {
        switch (operation) {
        case atomic::add: changed = old + value; break;
        case atomic::minimum: changed = static_cast<S>(old) < static_cast<S>(value) ? old : value; break;
        case atomic::maximum: changed = static_cast<S>(old) > static_cast<S>(value) ? old : value; break;
        case atomic::minimum_unsigned: changed = old < value ? old : value; break;
        case atomic::maximum_unsigned: changed = old > value ? old : value; break;
        case atomic::exchange: changed = value; break;
        case atomic::bit_and: changed = old & value; break;
        case atomic::bit_or: changed = old | value; break;
        default: changed = old ^ value; break;
        }
    } while (!__atomic_compare_exchange_n(address, &old, changed, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return old;
}

template <class U>
U swap(U* address, U expected, U value) {
    __atomic_compare_exchange_n(address, &expected, value, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    return expected;
}

}  // namespace

unsigned atomic_update(atomic operation, unsigned* address, unsigned value) {
    check_atomic(address, 4, __builtin_return_address(0));
    return update<unsigned, int>(operation, address, value);
}

unsigned long long atomic_update(atomic operation, unsigned long long* address, unsigned long long value) {
    check_atomic(address, 8, __builtin_return_address(0));
    return update<unsigned long long, long long>(operation, address, value);
}

void memory_fence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

unsigned atomic_swap(unsigned* address, unsigned expected, unsigned value) {
    check_atomic(address, 4, __builtin_return_address(0));
    return swap(address, expected, value);
}

unsigned long long atomic_swap(unsigned long long* address, unsigned long long expected, unsigned long long value) {
    check_atomic(address, 8, __builtin_return_address(0));
    return swap(address, expected, value);
}

}  // namespace simulator
