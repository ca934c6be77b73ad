using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// Mean and variance by blocks, joined by the rule of Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing
/// Sample Variances" (1979).
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    /// <summary>Sums the rows of a line, pairwise, into its first row.</summary>
    private static void FoldLine(in NormPlan plan, float* line)
    {
        for (var half = plan.AtOnce / 2; half > 0; half /= 2)
            CombineLines(new SumReducer(), line, (Float32Element*)line + half * plan.Channels, 1, 0, half * plan.Channels);
    }

    /// <summary>
    /// A block's rows are read twice, the second time from the cache: first for the mean, then for the squares around it, with the
    /// corrected two-pass algorithm (Chan et al., section 4). <c>partial</c>[task] is three rows: means, sums of squared differences, and
    /// working room.
    /// </summary>
    private readonly struct StatisticsBody<T>(NormPlan plan, T* x, float* partial) : IRangeBody where T : unmanaged, ILaneElement<T>
    {
        [SkipLocalsInit]
        public void Run(int first, int end)
        {
            var room = stackalloc float[(plan.AtOnce == 1 ? 0 : 3 * Lanes.LongestLine) + Lanes.Width];
            var lines = Lanes.Align(room);
            for (var task = first; task < end; task++)
            {
                var output = partial + task * 3L * plan.Channels;
                var (start, count) = plan.Elements(task);
                if (plan.AtOnce == 1)
                    Block(x + start, count, output + 2L * plan.Channels, output, output + plan.Channels, output);
                else
                    Block(x + start, count, lines, lines + Lanes.LongestLine, lines + 2 * Lanes.LongestLine, output);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Block(T* input, int count, float* means, float* differences, float* squares, float* output)
        {
            var share = (float)plan.Channels / count;
            new Span<float>(means, plan.Period).Clear();
            new Span<float>(differences, plan.Period).Clear();
            new Span<float>(squares, plan.Period).Clear();
            var lines = count / plan.Period;
            var rest = input + (long)lines * plan.Period;
            var restCount = count - lines * plan.Period;
            CombineLines(new SumReducer(), means, input, lines, plan.Period, plan.Period);
            CombineLines(new SumReducer(), means, rest, 1, 0, restCount);
            FoldLine(plan, means);
            for (var c = 0; c < plan.Channels; c++)
                means[c] *= share;
            Lanes.Repeat(means, plan.Channels, plan.AtOnce, means);
            var together = LinesTogether(plan.Period);
            for (var line = 0; line < lines; line += together)
                SumSquares(input + (long)line * plan.Period, Math.Min(together, lines - line), plan.Period, means, differences, squares);
            SumSquares(rest, 1, restCount, means, differences, squares);
            FoldLine(plan, differences);
            FoldLine(plan, squares);
            for (var c = 0; c < plan.Channels; c++)
            {
                float difference = differences[c], square = squares[c];
                output[c] = means[c] + difference * share;
                output[plan.Channels + c] = MathF.Max(0, square - difference * difference * share);
            }
        }

        /// <summary>Sums x − mean and its square over lines, four vectors of columns at a time in registers.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void SumSquares(T* input, int lines, int length, float* means, float* differences, float* squares)
        {
            const int Width = Lanes.Width;
            var j = 0;
            for (; j + 4 * Width <= length; j += 4 * Width)
            {
                float* mean = means + j, first = differences + j, second = squares + j;
                var p = input + j;
                Vector512<float> mean0 = Vector512.Load(mean), mean1 = Vector512.Load(mean + Width),
                    mean2 = Vector512.Load(mean + 2 * Width),
                    mean3 = Vector512.Load(mean + 3 * Width);
                Vector512<float> sum0 = Vector512<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
                Vector512<float> square0 = sum0, square1 = sum0, square2 = sum0, square3 = sum0;
                for (var line = 0; line < lines; line++, p += plan.Period)
                {
                    var difference0 = T.Load(p) - mean0;
                    var difference1 = T.Load(p + Width) - mean1;
                    var difference2 = T.Load(p + 2 * Width) - mean2;
                    var difference3 = T.Load(p + 3 * Width) - mean3;
                    sum0 += difference0;
                    sum1 += difference1;
                    sum2 += difference2;
                    sum3 += difference3;
                    square0 = Lanes.MultiplyAdd(difference0, difference0, square0);
                    square1 = Lanes.MultiplyAdd(difference1, difference1, square1);
                    square2 = Lanes.MultiplyAdd(difference2, difference2, square2);
                    square3 = Lanes.MultiplyAdd(difference3, difference3, square3);
                }

                (Vector512.Load(first) + sum0).Store(first);
                (Vector512.Load(first + Width) + sum1).Store(first + Width);
                (Vector512.Load(first + 2 * Width) + sum2).Store(first + 2 * Width);
                (Vector512.Load(first + 3 * Width) + sum3).Store(first + 3 * Width);
                (Vector512.Load(second) + square0).Store(second);
                (Vector512.Load(second + Width) + square1).Store(second + Width);
                (Vector512.Load(second + 2 * Width) + square2).Store(second + 2 * Width);
                (Vector512.Load(second + 3 * Width) + square3).Store(second + 3 * Width);
            }

            for (; j + Width <= length; j += Width)
            {
                var p = input + j;
                Vector512<float> mean = Vector512.Load(means + j), sum = Vector512<float>.Zero, square = sum;
                for (var line = 0; line < lines; line++, p += plan.Period)
                {
                    var difference = T.Load(p) - mean;
                    sum += difference;
                    square = Lanes.MultiplyAdd(difference, difference, square);
                }

                (Vector512.Load(differences + j) + sum).Store(differences + j);
                (Vector512.Load(squares + j) + square).Store(squares + j);
            }

            for (; j < length; j++)
            {
                for (var line = 0; line < lines; line++)
                {
                    var difference = T.Load(input[(long)line * plan.Period + j]) - means[j];
                    differences[j] += difference;
                    squares[j] += difference * difference;
                }
            }
        }
    }

    private readonly struct JoinStatisticsBody(NormPlan plan, float* partial, float* mean, float* variance) : IRangeBody
    {
        public void Run(int first, int end)
        {
            for (var at = first; at < end; at++)
            {
                var group = at / plan.Channels;
                var column = partial + (long)group * plan.Blocks * 3 * plan.Channels + at % plan.Channels;
                double sum = 0, squares = 0;
                for (var block = 0; block < plan.Blocks; block++)
                    sum += (double)plan.RowsOf(block) * column[block * 3L * plan.Channels];
                var average = plan.Rows == 0 ? 0 : sum / plan.Rows;
                for (var block = 0; block < plan.Blocks; block++)
                {
                    var difference = column[block * 3L * plan.Channels] - average;
                    squares += column[(block * 3L + 1) * plan.Channels] + plan.RowsOf(block) * difference * difference;
                }

                mean[at] = (float)average;
                variance[at] = plan.Rows == 0 ? 0 : (float)(squares / plan.Rows);
            }
        }
    }
}
