// What the checked build finds out about TMA and wgmma, which read and write shared memory beside the threads. The cells: checks.cpp.
#include <stdio.h>

#include "runtime.h"

namespace simulator {

// Who reads and writes the target before and after is put in order by barriers in shared memory, which the cells know nothing of: they are
// cleared, and what is found is who does not wait.
void check_arrival_begins(char* shared, int bytes, const void* place) {
    workspace& w = here();
    const int64_t first = shared - w.arena;
    for (int64_t at = first; at < first + bytes && at < arena_bytes; at += 4) {
        shared_cell& cell = w.cells[at / 4];
        cell.write = cell.reads[0] = cell.reads[1] = 0;
    }
    check_store(shared, bytes, place);
    for (int i = 0; i < bytes; i += 4)
        w.cells[(first + i) / 4].written = 0;
}

void check_arrival_ends(char* shared, int bytes) {
    workspace& w = here();
    for (int i = 0; i < bytes; i += 4) {
        shared_cell& cell = w.cells[(shared - w.arena + i) / 4];
        cell.written = w.block_serial << 4 | 15;
        cell.proxy = cell.write = 0;
    }
}

void check_proxy_read(const void* shared, int bytes, const char* who, const char* file, int line) {
    workspace& w = here();
    const int64_t offset = static_cast<const char*>(shared) - w.arena;
    for (int64_t at = offset; at < offset + bytes; at += 4) {
        const shared_cell& cell = w.cells[at / 4];
        char text[300];
        if ((cell.written >> 4) != w.block_serial || (cell.written & 15) != 15) {
            snprintf(text, sizeof text, "never written: %s reads shared memory that nothing has written, or into which a copy is still "
                "under way,", who);
            fault(text, file, line);
        }
        const fiber& writer = w.fibers[cell.proxy & 1023];
        if (cell.proxy != 0 && self(w).fenced <= cell.proxy >> 10 && writer.fenced <= cell.proxy >> 10) {
            // An update since has taken the write's place.
            const bool is_last = static_cast<int>(cell.write >> 6 & 1023) == writer.index;
            snprintf(text, sizeof text, "%s at %s reads shared memory that thread %s wrote%s with no fence_async_proxy since", who,
                place_name(file, line), thread_name(writer), is_last ? " at @1" : "");
            report(text, nullptr, module_start() + cell.write_place);
        }
    }
}

}  // namespace simulator
