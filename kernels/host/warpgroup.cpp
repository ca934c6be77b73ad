// The products of warpgroups. Each warp brings its own part of them to an end, since its rows of D are its own; that all four issue the
// same is compared. See async.h.
#include <stdio.h>
#include <string.h>

#include "async.h"
#include "hopper_ptx.h"
#include "ptx.h"
#include "runtime.h"

namespace simulator {

namespace {

constexpr int group_rows = 64, warp_rows = 16, product_depth = 16;

// A descriptor taken apart; see hopper_ptx.cuh.
struct operand {
    unsigned address, leading, stride;
    bool across;

    // Where the eight lines from `line` on (across), or the eight k from `k` on (along), lie: 16 bytes of the arena.
    int offset_of(int line, int k) const {
        const unsigned linear = across
            ? address + static_cast<unsigned>(line / 64) * leading + static_cast<unsigned>(k / 8) * stride
                + static_cast<unsigned>(k % 8 * 128 + line % 64 * 2)
            : address + static_cast<unsigned>(line / 8) * stride + static_cast<unsigned>(line % 8 * 128 + k * 2);
        return static_cast<int>((linear ^ (linear >> 7 & 7) << 4) - first_shared_address);
    }
};

operand decode(uint64_t bits, bool across, const char* file, int line) {
    constexpr uint64_t known = 0x3fffull | 0x3fffull << 16 | 0x3fffull << 32 | 3ull << 62;
    char text[200];
    if ((bits & ~known) != 0 || bits >> 62 != 1) {
        snprintf(text, sizeof text, "wgmma_bf16 with the descriptor 0x%016llx: the simulator knows those with 128-byte swizzle and without "
            "base offset,", static_cast<unsigned long long>(bits));
        fault(text, file, line);
    }
    const operand one = {static_cast<unsigned>(bits & 0x3fff) << 4, static_cast<unsigned>(bits >> 16 & 0x3fff) << 4,
        static_cast<unsigned>(bits >> 32 & 0x3fff) << 4, across};
    // Where eight rows of 128 bytes do not begin at 1024, the descriptor would have to tell the offset. Along the depth a product may begin
    // within the row.
    if ((across ? one.address % 1024 : one.address / 128 % 8) != 0 || one.stride % 1024 != 0 || (across && one.leading % 1024 != 0)) {
        snprintf(text, sizeof text, "wgmma_bf16 with the descriptor 0x%016llx: its rows do not begin at multiples of 1024",
            static_cast<unsigned long long>(bits));
        fault(text, file, line);
    }
    return one;
}

float element(const workspace& w, const operand& from, int line, int k) {
    uint16_t bits;
    const int offset = from.across ? from.offset_of(line / 8 * 8, k) + line % 8 * 2 : from.offset_of(line, k / 8 * 8) + k % 8 * 2;
    memcpy(&bits, w.arena + offset, sizeof bits);
    return float_of(uint32_t{bits} << 16);
}

// Looks at every 16 bytes of the lines [first, first + lines), and returns the bytes between the least and the greatest.
operand_range look_at(const operand& from, int first, int lines, const char* file, int line) {
    workspace& w = here();
    operand_range range = {arena_bytes, 0};
    const int line_step = from.across ? 8 : 1, k_step = from.across ? 1 : 8;
    for (int l = first; l < first + lines; l += line_step) {
        for (int k = 0; k < product_depth; k += k_step) {
            const int offset = from.offset_of(l, k);
            if (offset < 0 || offset + 16 > arena_bytes)
                fault("wgmma_bf16 with an operand outside of shared memory", file, line);
            check_proxy_read(w.arena + offset, 16, "wgmma_bf16", file, line);
            range.first = offset < range.first ? offset : range.first;
            range.end = offset + 16 > range.end ? offset + 16 : range.end;
        }
    }
    return range;
}

// All four warps of the group must issue the same product as their number so-and-so.
void compare_with_group(workspace& w, int warp, const group_product& product, uint64_t number, const char* file, int line) {
    issued_product& logged = w.async.log[warp / 4][number % product_log];
    if (logged.number < number) {
        logged = {number, product.left, product.right, product.columns, line, product.a_across, product.b_across, file};
        return;
    }
    // With another number another product is there already, so much later that nothing can be said.
    if (logged.number > number)
        return;
    const bool same = logged.left == product.left && logged.right == product.right && logged.columns == product.columns
        && logged.a_across == product.a_across && logged.b_across == product.b_across
        && logged.line == line;
    if (!same) {
        char text[300];
        snprintf(text, sizeof text, "wgmma_bf16: this warp's product %llu is another than the one that its warpgroup has issued at %s; it "
            "stands", static_cast<unsigned long long>(number), place_name(logged.file, logged.line));
        fault(text, file, line);
    }
}

void issue(const void* const* mine, void* const*, unsigned) {
    workspace& w = here();
    const fiber& me = self(w);
    const int warp = me.index / 32;
    warp_products& products = w.async.warps[warp];
    const group_product& first = *static_cast<const group_product*>(mine[0]);
    const char* const file = me.wait_file;
    const int line = me.wait_line;
    for (int lane = 1; lane < 32; lane++) {
        const group_product& other = *static_cast<const group_product*>(mine[lane]);
        if (other.left != first.left || other.right != first.right)
            fault("wgmma_bf16 with different descriptors in the lanes of a warp", file, line);
    }
    if ((warp / 4 * 4 + 4) * 32 > w.threads)
        fault("wgmma_bf16 by warps that are no whole warpgroup", file, line);
    if (!products.fenced)
        fault("wgmma_bf16 before wgmma_fence", file, line);
    if (products.count == products_under_way)
        fault("more products under way than the simulator can keep", file, line);
    compare_with_group(w, warp, first, ++products.issued, file, line);

    const operand left = decode(first.left, first.a_across, file, line), right = decode(first.right, first.b_across, file, line);
    pending_product& product = products.pending[products.count];
    product = {first.left, first.right, first.columns, products.group, line, first.a_across, first.b_across, file, {}};
    for (int lane = 0; lane < 32; lane++)
        product.sums[lane] = static_cast<const group_product*>(mine[lane])->sums;
    products.ranges[products.count][0] = look_at(left, warp % 4 * warp_rows, warp_rows, file, line);
    products.ranges[products.count][1] = look_at(right, 0, first.columns, file, line);
    products.count++;
}

// The warp's rows of one product. Summed in float64 and rounded once: what the tensor core does is nowhere promised.
void compute(const workspace& w, int warp, const pending_product& product) {
    const operand left = decode(product.left, product.a_across, product.file, product.line),
        right = decode(product.right, product.b_across, product.file, product.line);
    float a[warp_rows][product_depth], b[product_depth];
    for (int row = 0; row < warp_rows; row++)
        for (int k = 0; k < product_depth; k++)
            a[row][k] = element(w, left, warp % 4 * warp_rows + row, k);
    for (int column = 0; column < product.columns; column++) {
        for (int k = 0; k < product_depth; k++)
            b[k] = element(w, right, column, k);
        for (int row = 0; row < warp_rows; row++) {
            float& d = product.sums[row % 8 * 4 + column % 8 / 2][column / 8 * 4 + row / 8 * 2 + column % 2];
            double sum = d;
            for (int k = 0; k < product_depth; k++)
                sum += static_cast<double>(a[row][k]) * b[k];
            d = static_cast<float>(sum);
        }
    }
}

void wait(const void* const* mine, void* const*, unsigned) {
    workspace& w = here();
    const int warp = self(w).index / 32;
    warp_products& products = w.async.warps[warp];
    const int last = products.group - *static_cast<const int*>(mine[0]);
    int done = 0;
    for (; done < products.count && products.pending[done].group < last; done++)
        compute(w, warp, products.pending[done]);
    products.count -= done;
    memmove(products.pending, products.pending + done, static_cast<size_t>(products.count) * sizeof *products.pending);
    memmove(products.ranges, products.ranges + done, static_cast<size_t>(products.count) * sizeof *products.ranges);
}

void fence(const void* const*, void* const*, unsigned) {
    workspace& w = here();
    w.async.warps[self(w).index / 32].fenced = true;
}

void commit(const void* const*, void* const*, unsigned) {
    workspace& w = here();
    w.async.warps[self(w).index / 32].group++;
}

}  // namespace

void group_fence(const char* file, int line) { warp_together("wgmma_fence", 0xffffffffu, nullptr, nullptr, fence, file, line); }

void group_multiply(const group_product& product, const char* file, int line) {
    // What the four warps read of B together counts a quarter for each.
    const tensor_work work = {warp_rows * product.columns * product_depth, (warp_rows + product.columns / 4) * product_depth * 2};
    warp_together("wgmma_bf16", 0xffffffffu, &product, nullptr, issue, file, line, work);
}

void group_commit(const char* file, int line) { warp_together("wgmma_commit", 0xffffffffu, nullptr, nullptr, commit, file, line); }

void group_wait(int pending, const char* file, int line) {
    warp_together("wgmma_wait", 0xffffffffu, &pending, nullptr, wait, file, line);
}

void refuse_write_to_operands(workspace& w, const char* shared, int bytes, const char* what, const void* place) {
    const int first = static_cast<int>(shared - w.arena), end = first + bytes;
    for (int warp = 0; warp * 32 < w.threads; warp++) {
        const warp_products& products = w.async.warps[warp];
        for (int i = 0; i < products.count; i++) {
            for (const operand_range& range : products.ranges[i]) {
                if (first >= range.end || end <= range.first)
                    continue;
                char text[300];
                snprintf(text, sizeof text, "%s shared memory that the product at %s of warp %d may still read, since nobody has waited "
                    "for it", what, place_name(products.pending[i].file, products.pending[i].line), warp);
                report(text, place);
            }
        }
    }
}

}  // namespace simulator
