// What the checked build finds out at each access of a kernel to memory. The kernels are compiled with -fsanitize=thread, which puts a call
// before each access; the functions it calls are at the end of this file. Nothing of the compiler's own thread sanitizer is linked.
#include <stdio.h>
#include <string.h>

#include "runtime.h"

namespace simulator {

namespace {

// A record of an access to shared memory: epoch of the block (32 bits), epoch of the warp (16), thread (10), two bits of which the lower
// says atomic, and which of the cell's four bytes. Two accesses of different threads of a block are in order if a block's barrier lies
// between them, or, within a warp, a warp's barrier.
constexpr uint64_t bytes_bits = 15, atomic_bit = 16, thread_bits = uint64_t{1023} << 6, warp_bits = uint64_t{31} << 11,
    warp_epoch_bits = uint64_t{0xffff} << 16;

inline uint64_t record(const workspace& w, const fiber& me, bool is_atomic) {
    return uint64_t{w.epoch} << 32 | uint64_t{w.warp_epoch[me.index / 32]} << 16 | static_cast<uint64_t>(me.index) << 6
        | (is_atomic ? atomic_bit : 0);
}

inline __attribute__((always_inline)) bool races(uint64_t one, uint64_t other) {
    const uint64_t differs = one ^ other, both = one & other;
    return (differs >> 32) == 0 && (differs & thread_bits) != 0 && (both & bytes_bits) != 0 && (both & atomic_bit) == 0 &&
           !((differs & warp_bits) == 0 && (differs & warp_epoch_bits) != 0);
}

const char* plural(int64_t bytes) { return bytes == 1 ? "byte" : "bytes"; }

// Cells keep code addresses as offsets within the module.
uint32_t offset_of(const void* place) { return static_cast<uint32_t>(static_cast<const char*>(place) - module_start()); }
const void* place_at(uint32_t offset) { return module_start() + offset; }

const char* shared_name(const shared_declaration& array) {
    static thread_local char buffer[160];
    if (array.site == nullptr)
        return "dynamic shared memory";
    snprintf(buffer, sizeof buffer, "shared array `%s`", array.name);
    return buffer;
}

[[noreturn]] void report_race(workspace& w, const shared_declaration& array, int offset, const char* does, int bytes, uint64_t other,
    const char* did, uint32_t other_place, const void* place) {
    char text[700];
    snprintf(text, sizeof text, "race: %s %d %s at byte %d of %s, which thread %s %s at @1 with no barrier between", does, bytes,
        plural(bytes), offset - array.offset, shared_name(array), thread_name(w.fibers[(other & thread_bits) >> 6]), did);
    report(text, place, place_at(other_place));
}

[[noreturn]] void report_shared_bounds(workspace& w, int64_t offset, int64_t bytes, const char* does, const void* place) {
    int nearest = 0;
    int64_t distance = INT64_MAX;
    for (int i = 0; i < w.shared_count; i++) {
        const int64_t first = w.shared[i].offset, end = first + w.shared[i].bytes;
        const int64_t away = offset < first ? first - offset : offset - end;
        if (w.shared[i].bytes > 0 && away < distance) {
            distance = away;
            nearest = i;
        }
    }
    const shared_declaration& array = w.shared[nearest];
    char text[700];
    snprintf(text, sizeof text, "out of bounds: %s %lld %s at byte %lld of %s, which has %d", does, static_cast<long long>(bytes),
        plural(bytes), static_cast<long long>(offset - array.offset), shared_name(array), array.bytes);
    report(text, place);
}

constexpr const char* name_of(access kind) { return kind == access::read ? "reads" : kind == access::write ? "writes" : "updates"; }

[[noreturn]] void report_shared_unwritten(const shared_declaration& array, int offset, int bytes, const char* does, const void* place) {
    char text[700];
    snprintf(text, sizeof text, "never written: %s %d %s at byte %d of %s, which no thread of the block has written", does, bytes,
        plural(bytes), offset - array.offset, shared_name(array));
    report(text, place);
}

// Two readers tell of all the others if whoever writes next races with one of them in any case: they are of different warps, or stand to
// every thread as the new reader does.
inline __attribute__((always_inline)) bool tells_enough(const shared_cell& cell, uint64_t mine, unsigned mask) {
    const uint64_t one = cell.reads[0], other = cell.reads[1], differs = one ^ other;
    if ((one ^ mine) >> 32 != 0 || (other ^ mine) >> 32 != 0 || (differs & thread_bits) == 0 || (one & other & mask) != mask)
        return false;
    return (differs & warp_bits) != 0 || (((one ^ mine) | differs) & (warp_bits | warp_epoch_bits)) == 0;
}

// One cell; `mine` is the record of this access. `first` and `bytes` are those of the whole access, for the message.
template <access kind>
inline __attribute__((always_inline)) void check_cell(workspace& w, shared_cell& cell, const shared_declaration& array, uint64_t mine,
    int first, int bytes, const void* place) {
    const unsigned mask = mine & bytes_bits;
    if (kind != access::write && ((cell.written >> 4) != w.block_serial || (cell.written & mask) != mask))
        report_shared_unwritten(array, first, bytes, name_of(kind), place);
    if (races(cell.write, mine))
        report_race(w, array, first, name_of(kind), bytes, cell.write, (cell.write & atomic_bit) != 0 ? "updated"
            : "wrote", cell.write_place, place);
    if (kind == access::read) {
        if (cell.reads[0] == mine || tells_enough(cell, mine, mask))
            return;
        if (((cell.reads[0] ^ mine) & ~bytes_bits) == 0) {
            cell.reads[0] |= mask;
        } else {
            cell.reads[1] = cell.reads[0];
            cell.read_places[1] = cell.read_places[0];
            cell.reads[0] = mine;
        }
        cell.read_places[0] = offset_of(place);
    } else {
        for (int i = 0; i < 2; i++)
            if (races(cell.reads[i], mine))
                report_race(w, array, first, name_of(kind), bytes, cell.reads[i], "read", cell.read_places[i], place);
        cell.write = ((cell.write ^ mine) & ~bytes_bits) == 0 ? cell.write | mask : mine;
        cell.write_place = offset_of(place);
        if (kind == access::write)
            cell.proxy = uint64_t{w.async.proxy_clock} << 10 | (mine & thread_bits) >> 6;
        cell.written = w.block_serial << 4 | mask | ((cell.written >> 4) == w.block_serial ? cell.written & 15 : 0);
    }
}

// `offset` within the arena. A cell at the ends of the access counts only the bytes that belong to it.
template <access kind>
inline void check_shared(workspace& w, fiber& me, int64_t offset, int64_t bytes, const void* place) {
    const shared_declaration* array = &w.shared[w.shared_hit];
    if (offset < array->offset || offset + bytes > array->offset + array->bytes) {
        int i = 0;
        for (; i < w.shared_count; i++)
            if (offset >= w.shared[i].offset && offset + bytes <= w.shared[i].offset + w.shared[i].bytes)
                break;
        if (i == w.shared_count)
            report_shared_bounds(w, offset, bytes, name_of(kind), place);
        w.shared_hit = i;
        array = &w.shared[i];
    }

    const uint64_t base = record(w, me, kind == access::update);
    const int first = static_cast<int>(offset), size = static_cast<int>(bytes), end = first + size;
    if (((first | size) & 3) == 0) {
        for (int at = first; at < end; at += 4)
            check_cell<kind>(w, w.cells[at / 4], *array, base | 15, first, size, place);
        return;
    }
    for (int at = first & ~3; at < end; at += 4) {
        unsigned mask = 15;
        if (at < first)
            mask &= 15u << (first - at);
        if (at + 4 > end)
            mask &= 15u >> (at + 4 - end);
        check_cell<kind>(w, w.cells[at / 4], *array, base | mask, first, size, place);
    }
}

// "`x` (argument 0, 400 bytes)".
const char* range_name(const launch& l, const range& array) {
    static thread_local char buffer[200];
    for (int i = 0; i < l.function->parameter_count; i++) {
        if (l.function->pointers[i] && *static_cast<char**>(l.arguments[i]) == array.start) {
            snprintf(buffer, sizeof buffer, "`%s` (argument %d, %lld bytes)", l.function->parameters[i], i,
                static_cast<long long>(array.bytes));
            return buffer;
        }
    }
    snprintf(buffer, sizeof buffer, "an array of %lld bytes whose address was given within a struct", static_cast<long long>(array.bytes));
    return buffer;
}

[[noreturn]] void report_bounds(const workspace& w, const char* address, int64_t bytes, const char* does, const void* place) {
    const launch& l = *w.running;
    char text[700];
    const range* nearest = nullptr;
    int64_t distance = int64_t{1} << 30;
    for (int64_t i = 0; i < l.range_count; i++) {
        const int64_t away = address < l.ranges[i].start ? l.ranges[i].start - address : address - (l.ranges[i].start + l.ranges[i].bytes);
        if (away < distance) {
            distance = away;
            nearest = &l.ranges[i];
        }
    }
    const char* const stacks = w.stacks[0];
    if (reinterpret_cast<uintptr_t>(address) < 65536)
        snprintf(text, sizeof text, "out of bounds: %s %lld %s through a null pointer", does, static_cast<long long>(bytes), plural(bytes));
    else if (address >= stacks && address < stacks + sizeof w.stacks)
        snprintf(text, sizeof text, "out of bounds: %s %lld %s of another thread's local variables", does, static_cast<long long>(bytes),
            plural(bytes));
    else if (nearest != nullptr)
        snprintf(text, sizeof text, "out of bounds: %s %lld %s at byte %lld of %s", does, static_cast<long long>(bytes), plural(bytes),
                 static_cast<long long>(address - nearest->start), range_name(l, *nearest));
    else
        snprintf(text, sizeof text, "out of bounds: %s %lld %s at address %p, which is in no array of this launch", does,
            static_cast<long long>(bytes), plural(bytes), static_cast<const void*>(address));
    report(text, place);
}

[[noreturn]] void report_unwritten(const workspace& w, const char* address, int64_t bytes, const char* does, const void* place) {
    const launch& l = *w.running;
    char text[700];
    for (int64_t i = 0; i < l.range_count; i++) {
        const range& array = l.ranges[i];
        if (address < array.start || address + bytes > array.start + array.bytes)
            continue;
        snprintf(text, sizeof text, "never written: %s %lld %s at byte %lld of %s, which nothing has written", does,
            static_cast<long long>(bytes), plural(bytes), static_cast<long long>(address - array.start), range_name(l, array));
        break;
    }
    report(text, place);
}

// Whether the access is no concern of the device's arrays: constants of the module, and the work of collectives.
bool is_allowed(const workspace& w, const char* address, int64_t bytes, access kind) {
    return w.trusted || (kind == access::read && address >= module_start() && address + bytes <= module_end());
}

// Finds the array; false where the access is allowed but to no array of the device.
bool find_range(workspace& w, range& hit, const char* address, int64_t bytes, access kind, const void* place) {
    if (is_allowed(w, address, bytes, kind))
        return false;
    const launch& l = *w.running;
    for (int64_t i = 0; i < l.range_count; i++) {
        if (address >= l.ranges[i].start && address + bytes <= l.ranges[i].start + l.ranges[i].bytes) {
            hit = l.ranges[i];
            return true;
        }
    }
    report_bounds(w, address, bytes, name_of(kind), place);
}

constexpr trace_kind traced_as(access kind) {
    return kind == access::read ? trace_kind::load : kind == access::write ? trace_kind::store : trace_kind::update;
}

// `bytes` is a constant wherever it can be: what is left of the marks' loop is then one comparison or one store.
template <access kind, bool traced = true>
inline __attribute__((always_inline)) void check(const void* pointer, int64_t bytes, const void* place) {
    workspace& w = here();
    fiber& me = self(w);
    const char* const address = static_cast<const char*>(pointer);
    if (static_cast<uintptr_t>(address - me.stack) < stack_bytes)
        return;
    const uintptr_t in_arena = static_cast<uintptr_t>(address - w.arena);
    if (in_arena < arena_bytes) {
        check_shared<kind>(w, me, static_cast<int64_t>(in_arena), bytes, place);
        if (traced)
            trace_access(w, traced_as(kind), address, bytes, place);
        return;
    }
    // threadIdx and the like.
    if (kind == access::read
        && static_cast<uintptr_t>(address - reinterpret_cast<char*>(&w)) < static_cast<uintptr_t>(w.arena - reinterpret_cast<char*>(&w)))
        return;
    range& hit = w.device_hit[(reinterpret_cast<uintptr_t>(place) >> 2) % 64];
    const int64_t offset = address - hit.start;
    if (static_cast<uint64_t>(offset) >= static_cast<uint64_t>(hit.bytes) || offset + bytes > hit.bytes)
        if (!find_range(w, hit, address, bytes, kind, place))
            return;
    const launch& l = *w.running;
    uint8_t* const written = l.device_written + (address - l.device);
    if (kind != access::write) {
        bool all = true;
        if (bytes == 4 || bytes == 8 || bytes == 16) {
            for (int i = 0; i < bytes; i += 4) {
                uint32_t four;
                memcpy(&four, written + i, 4);
                all &= four == 0x01010101u;
            }
        } else {
            for (int64_t i = 0; i < bytes; i++)
                all &= written[i] == 1;
        }
        if (!all)
            report_unwritten(w, address, bytes, name_of(kind), place);
    }
    if (kind != access::read)
        memset(written, 1, static_cast<size_t>(bytes));
    if (traced)
        trace_access(w, traced_as(kind), address, bytes, place);
}

template <access kind>
inline __attribute__((always_inline)) void seen(const void* pointer, int64_t bytes, const void* place) {
    check<kind>(pointer, bytes, place);
}

}  // namespace

void begin_block_checks(workspace& w) {
    w.epoch++;
    // 28 bits in a cell; epochs have 32, and may begin anew with them only if no cell remembers the old ones.
    if (++w.block_serial >= 1u << 28 || w.epoch > 0xf0000000u) {
        memset(w.cells, 0, sizeof w.cells);
        w.block_serial = w.epoch = 1;
    }
}

void check_atomic(const void* address, int bytes, const void* place) { check<access::update>(address, bytes, place); }
void check_load(const void* address, int64_t bytes, const void* place) { check<access::read>(address, bytes, place); }
void check_store(const void* address, int64_t bytes, const void* place) { check<access::write>(address, bytes, place); }

void check_copy_begins(char* shared, const char* global, int bytes, int source_bytes, const void* place) {
    workspace& w = here();
    if (reinterpret_cast<uintptr_t>(shared) % static_cast<unsigned>(bytes) != 0
        || reinterpret_cast<uintptr_t>(global) % static_cast<unsigned>(bytes) != 0) {
        char text[200];
        snprintf(text, sizeof text, "misaligned: an asynchronous copy of %d bytes between addresses that are no multiples of that", bytes);
        report(text, place);
    }
    if (static_cast<uintptr_t>(shared - w.arena) >= arena_bytes)
        report("an asynchronous copy to memory that is not shared", place);
    if (source_bytes > 0)
        check<access::read>(global, source_bytes, place);
    check<access::write>(shared, bytes, place);
    trace_stored(w, global, source_bytes);
    for (int i = 0; i < bytes; i += 4)
        w.cells[(shared - w.arena + i) / 4].written = 0;
}

// Recorded when it began.
void check_copy_ends(char* shared, int bytes, const void* place) { check<access::write, false>(shared, bytes, place); }

}  // namespace simulator

#include "hooks.h"

extern "C" {

// What -fsanitize=alignment calls: a vector is loaded through a pointer that is not aligned for it, which a GPU refuses.
struct alignment_data {
    const char* file;
    uint32_t line, column;
    const void* type;
    unsigned char log_alignment, kind;
};
void __ubsan_handle_type_mismatch_v1_abort(alignment_data* data, void* pointer) {
    char text[300];
    snprintf(text, sizeof text, "misaligned: %s an address (%p) that is no multiple of %d, at %s", data->kind == 1 ? "writes to"
        : "reads from", pointer,
        1 << data->log_alignment, simulator::place_name(data->file, static_cast<int>(data->line)));
    simulator::report(text);
}

}  // extern "C"
