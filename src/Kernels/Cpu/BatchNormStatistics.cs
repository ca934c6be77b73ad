using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Mean and variance by blocks, joined by the rule of Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).</summary>
public sealed unsafe partial class CpuBackend
{
    /// <summary>Adds <paramref name="length"/> numbers to as many others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddInto(float* target, float* source, int length)
    {
        var j = 0;
        for (; j + Lanes.Width <= length; j += Lanes.Width)
            (Vector512.Load(target + j) + Vector512.Load(source + j)).Store(target + j);
        for (; j < length; j++)
            target[j] += source[j];
    }

    /// <summary>Sums the rows of a line, pairwise, into its first row.</summary>
    private static void FoldLine(in NormPlan plan, float* line)
    {
        for (var half = plan.AtOnce / 2; half > 0; half /= 2)
            AddInto(line, line + half * plan.Channels, half * plan.Channels);
    }

    /// <summary>
    /// A block's rows are read twice, the second time from the cache: first for the mean, then for the squares around it, with the corrected two-pass algorithm
    /// (Chan et al., section 4). <c>partial</c>[task] is three rows: means, sums of squared differences, and working room.
    /// </summary>
    private readonly struct StatisticsBody(NormPlan plan, float* x, float* partial) : IRangeBody
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
        private void Block(float* input, int count, float* means, float* differences, float* squares, float* output)
        {
            var share = (float)plan.Channels / count;
            new Span<float>(means, plan.Period).Clear();
            new Span<float>(differences, plan.Period).Clear();
            new Span<float>(squares, plan.Period).Clear();
            for (var line = 0; line < count; line += plan.Period)
                AddInto(means, input + line, Math.Min(plan.Period, count - line));
            FoldLine(plan, means);
            for (var c = 0; c < plan.Channels; c++)
                means[c] *= share;
            Lanes.Repeat(means, plan.Channels, plan.AtOnce, means);
            SumSquares(input, count, means, differences, squares);
            FoldLine(plan, differences);
            FoldLine(plan, squares);
            for (var c = 0; c < plan.Channels; c++)
            {
                float difference = differences[c], square = squares[c];
                output[c] = means[c] + difference * share;
                output[plan.Channels + c] = MathF.Max(0, square - difference * difference * share);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void SumSquares(float* input, int count, float* means, float* differences, float* squares)
        {
            for (var line = 0; line < count; line += plan.Period)
            {
                var row = input + line;
                var length = Math.Min(plan.Period, count - line);
                var j = 0;
                for (; j + Lanes.Width <= length; j += Lanes.Width)
                {
                    var difference = Vector512.Load(row + j) - Vector512.Load(means + j);
                    (Vector512.Load(differences + j) + difference).Store(differences + j);
                    Lanes.MultiplyAdd(difference, difference, Vector512.Load(squares + j)).Store(squares + j);
                }

                for (; j < length; j++)
                {
                    var difference = row[j] - means[j];
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
