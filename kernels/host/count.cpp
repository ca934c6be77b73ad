// Counts what blocks of a launch ask of memory, warp by warp, without keeping a record. Part of the build `count` alone: its numbers are
// those of the accesses, while what is computed is of no use, because the products of tensor cores are left out.
#include "count.h"

#include <string.h>

#include <vector>

namespace simulator {

namespace {

constexpr int sector_bytes = 32, banks = 32, warps_at_most = threads_at_most / 32;

// An access of a warp: its lanes come one after the other, as the simulator runs threads.
struct request {
    unsigned lanes;
    int array;
    uintptr_t address[32];
};

// One place of the code that accesses memory in one way. A thread's n-th access there since the last barrier belongs to the warp's n-th
// request.
struct site {
    const void* place;
    access kind;
    int bytes;
    bool shared, copies;
    uint32_t phase[threads_at_most], times[threads_at_most];
    std::vector<request> requests[warps_at_most];
};

// The different sectors that a block touches: a table from chunks of 64 sectors to one bit each for read and for written.
class sector_set {
public:
    // True when the sector was not in the set.
    bool add(uintptr_t sector, bool written) {
        chunk& found = find(sector / 64);
        uint64_t& bits = written ? found.written : found.read;
        const uint64_t bit = uint64_t{1} << sector % 64;
        const bool is_new = (bits & bit) == 0;
        bits |= bit;
        return is_new;
    }

private:
    struct chunk {
        uintptr_t number;
        uint64_t read, written;
    };

    chunk& find(uintptr_t number) {
        if (chunks[last].number == number)
            return chunks[last];
        if (used * 2 >= chunks.size())
            grow();
        last = place_of(number);
        if (chunks[last].number == none) {
            chunks[last].number = number;
            used++;
        }
        return chunks[last];
    }

    size_t place_of(uintptr_t number) const {
        size_t at = number * 0x9e3779b97f4a7c15u >> 20 & (chunks.size() - 1);
        while (chunks[at].number != none && chunks[at].number != number)
            at = (at + 1) & (chunks.size() - 1);
        return at;
    }

    void grow() {
        std::vector<chunk> before(chunks.size() * 2, chunk{none, 0, 0});
        before.swap(chunks);
        for (const chunk& kept : before)
            if (kept.number != none)
                chunks[place_of(kept.number)] = kept;
    }

    static constexpr uintptr_t none = ~uintptr_t{0};
    std::vector<chunk> chunks = std::vector<chunk>(1024, chunk{none, 0, 0});
    size_t used = 0, last = 0;
};

}  // namespace

struct block_counter {
    block_counts& counts;
    uint32_t phase = 1;
    int64_t multiply_adds_before;
    std::vector<site*> sites;
    // From a place of the code to its site, by a few bits of its address.
    site* near[256] = {};
    sector_set touched;

    explicit block_counter(block_counts& into, int64_t multiply_adds) : counts(into), multiply_adds_before(multiply_adds) {}
    ~block_counter() {
        for (site* one : sites)
            delete one;
    }

    site& at(const void* place, access kind, int bytes, bool shared, bool copies) {
        site*& hit = near[((reinterpret_cast<uintptr_t>(place) >> 1) ^ static_cast<uintptr_t>(kind) * 85 ^ (shared ? 128 : 0)) % 256];
        const auto is = [=](const site& s) {
            return s.place == place && s.kind == kind && s.bytes == bytes && s.shared == shared && s.copies == copies;
        };
        if (hit != nullptr && is(*hit))
            return *hit;
        for (site* one : sites)
            if (is(*one))
                return *(hit = one);
        sites.push_back(new site{place, kind, bytes, shared, copies, {}, {}, {}});
        return *(hit = sites.back());
    }

    void measure(const site& s, request& r, unsigned lanes_of_warp) {
        counts.lanes += __builtin_popcount(r.lanes);
        counts.idle_lanes += __builtin_popcount(lanes_of_warp & ~r.lanes);
        if (s.shared)
            measure_shared(s, r);
        else
            measure_global(s, r);
        r.lanes = 0;
    }

    // A warp's words of four bytes go at once, of eight in two halves, of sixteen in four quarters, each as often as its worst bank needs.
    void measure_shared(const site& s, const request& r) {
        const int parts = s.bytes <= 4 ? 1 : s.bytes <= 8 ? 2 : 4, lanes = 32 / parts;
        for (int part = 0; part < parts; part++) {
            uintptr_t words[banks * 8];
            int count[banks] = {}, all = 0, most = 0;
            for (int lane = part * lanes; lane < (part + 1) * lanes; lane++) {
                if ((r.lanes >> lane & 1) == 0)
                    continue;
                for (uintptr_t word = r.address[lane] / 4; word * 4 < r.address[lane] + static_cast<uintptr_t>(s.bytes); word++) {
                    bool known = false;
                    for (int i = 0; i < all && !known; i++)
                        known = words[i] == word;
                    if (known || all == banks * 8)
                        continue;
                    words[all++] = word;
                    if (++count[word % banks] > most)
                        most = count[word % banks];
                }
            }
            counts.shared_wavefronts += most;
            counts.shared_ideal += (all + banks - 1) / banks;
        }
        counts.shared_requests++;
    }

    void measure_global(const site& s, const request& r) {
        array_counts& array = counts.arrays[r.array];
        const bool written = s.kind == access::write;
        uintptr_t sectors[32 * 4];
        int all = 0;
        for (int lane = 0; lane < 32; lane++) {
            if ((r.lanes >> lane & 1) == 0)
                continue;
            const uintptr_t end = r.address[lane] + static_cast<uintptr_t>(s.bytes);
            for (uintptr_t sector = r.address[lane] / sector_bytes; sector * sector_bytes < end; sector++) {
                bool known = false;
                for (int i = all; i-- > 0 && !known;)
                    known = sectors[i] == sector;
                if (known || all == 32 * 4)
                    continue;
                sectors[all++] = sector;
                if (touched.add(sector, written))
                    (written ? array.written_once : array.read_once)++;
            }
        }
        const int64_t bytes = static_cast<int64_t>(__builtin_popcount(r.lanes)) * s.bytes;
        (written ? array.store_requests : array.load_requests)++;
        (written ? array.store_bytes : array.load_bytes) += bytes;
        (written ? array.store_sectors : array.load_sectors) += all;
        if (s.copies)
            array.copied_sectors += all;
    }

    void add(const workspace& w, int thread, const void* place, access kind, int bytes, bool shared, bool copies, int array,
        uintptr_t address) {
        site& s = at(place, kind, bytes, shared, copies);
        if (s.phase[thread] != phase) {
            s.phase[thread] = phase;
            s.times[thread] = 0;
        }
        const uint32_t time = s.times[thread]++;
        const int warp = thread / 32;
        std::vector<request>& requests = s.requests[warp];
        if (time >= requests.size())
            requests.resize(time + 1, request{});
        request& r = requests[time];
        if (r.lanes == 0)
            r.array = array;
        r.address[thread % 32] = address;
        r.lanes |= 1u << thread % 32;
        if (r.lanes == w.warp_lanes[warp])
            measure(s, r, w.warp_lanes[warp]);
    }

    // A barrier, or the block's end: what waits for lanes that do not come.
    void settle(const workspace& w) {
        for (site* one : sites)
            for (int warp = 0; warp * 32 < w.threads; warp++) {
                for (request& r : one->requests[warp])
                    if (r.lanes != 0)
                        measure(*one, r, w.warp_lanes[warp]);
                one->requests[warp].clear();
            }
        phase++;
    }
};

namespace {

// The array of the launch that the address is in, or -1 where the access is none of the device's.
int array_of(workspace& w, const char* address, int64_t bytes, access kind, const void* place) {
    const launch& l = *w.running;
    for (int64_t i = 0; i < l.range_count; i++)
        if (address >= l.ranges[i].start && address + bytes <= l.ranges[i].start + l.ranges[i].bytes)
            return static_cast<int>(i);
    if (w.trusted || (kind == access::read && address >= module_start() && address + bytes <= module_end()))
        return -1;
    report("out of bounds: it would touch memory that is in none of the launch's arrays", place);
}

void count(access kind, const void* pointer, int64_t bytes, const void* place, bool copies = false) {
    workspace& w = here();
    fiber& me = self(w);
    const char* const address = static_cast<const char*>(pointer);
    if (static_cast<uintptr_t>(address - me.stack) < stack_bytes)
        return;
    const uintptr_t in_arena = static_cast<uintptr_t>(address - w.arena);
    const bool shared = in_arena < arena_bytes;
    if (!shared && static_cast<uintptr_t>(address - reinterpret_cast<char*>(&w)) < sizeof(workspace))
        return;
    const int array = shared ? 0 : array_of(w, address, bytes, kind, place);
    if (array < 0)
        return;
    // More than a vector is a copy by memcpy: as if it were made of vectors.
    for (int64_t done = 0; done < bytes; done += 16)
        w.counter->add(w, me.index, place, kind, static_cast<int>(bytes - done < 16 ? bytes - done : 16), shared, copies, array,
            (shared ? in_arena : reinterpret_cast<uintptr_t>(address)) + static_cast<uintptr_t>(done));
}

template <access kind>
inline void seen(const void* pointer, int64_t bytes, const void* place) {
    count(kind, pointer, bytes, place);
}

}  // namespace

int64_t block_to_run(const launch& l, int64_t item) { return l.counted->blocks[item].block; }

void begin_watch(workspace& w) {
    // Of a block that ended by a fault.
    delete w.counter;
    w.counter = new block_counter(w.running->counted->blocks[w.item], w.multiply_adds);
}

void end_watch(workspace& w) {
    block_counter& c = *w.counter;
    c.settle(w);
    c.counts.multiply_adds = w.multiply_adds - c.multiply_adds_before;
    c.counts.static_shared_bytes = w.shared_static;
    delete w.counter;
    w.counter = nullptr;
}

void watch_barrier(workspace& w, const char*, int) {
    w.counter->counts.barriers++;
    w.counter->settle(w);
}

bool watch_together(workspace& w, const char* name, unsigned mask, const tensor_work& work, const char*, int) {
    block_counts& counts = w.counter->counts;
    const bool speaks = (mask & -mask) == 1u << self(w).index % 32;
    if (work.multiply_adds == 0) {
        counts.collectives += speaks;
        return false;
    }
    if (speaks) {
        int i = 0;
        while (i < counts.product_kinds && strcmp(counts.products[i].name, name) != 0)
            i++;
        if (i == products_at_most)
            report("it has products of more than eight kinds");
        if (i == counts.product_kinds)
            counts.products[counts.product_kinds++] = {name, 0, 0};
        counts.products[i].multiply_adds += work.multiply_adds;
        counts.products[i].calls++;
        counts.tensor_shared_bytes += work.shared_bytes;
    }
    return true;
}

void begin_block_checks(workspace&) {}

void check_atomic(const void* address, int bytes, const void* place) {
    count(access::read, address, bytes, place);
    count(access::write, address, bytes, place);
}

void check_copy_begins(char* shared, const char* global, int bytes, int source_bytes, const void* place) {
    if (source_bytes > 0)
        count(access::read, global, source_bytes, place, true);
    count(access::write, shared, bytes, place, true);
}

void check_copy_ends(char*, int, const void*) {}

// The copy engine moves a row as if the lanes of a warp took 16 bytes each.
void check_load(const void* address, int64_t bytes, const void* place) {
    workspace& w = here();
    const char* const first = static_cast<const char*>(address);
    const int array = array_of(w, first, bytes, access::read, place);
    if (array < 0)
        return;
    const site& s = w.counter->at(place, access::read, 16, false, true);
    for (int64_t done = 0; done < bytes; done += 512) {
        request row{0, array, {}};
        for (int64_t at = done; at < bytes && at < done + 512; at += 16) {
            const int lane = static_cast<int>((at - done) / 16);
            row.address[lane] = reinterpret_cast<uintptr_t>(first + at);
            row.lanes |= 1u << lane;
        }
        w.counter->measure(s, row, row.lanes);
    }
}

}  // namespace simulator

#include "hooks.h"
