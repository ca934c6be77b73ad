using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The gradient in two passes over the same blocks: the sums of g and g · (x − mean), then the input's gradient; g is the output's gradient
/// times the activation's slope, which both passes find again from x by the very operations of the apply, so that they agree with it on the
/// sign.
/// </summary>
internal sealed unsafe partial class CpuBackend
{
    /// <summary>The gradient before the activation, and x − mean.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Gradient, Vector512<float> Difference) ThroughActivation(Vector512<float> outputGradient,
        Vector512<float> x, Vector512<float> mean, Vector512<float> factor, Vector512<float> shift, Vector512<float> slope)
    {
        var difference = x - mean;
        var positive = Vector512.GreaterThan(Lanes.MultiplyAdd(difference, factor, shift), Vector512<float>.Zero);
        return (Vector512.ConditionalSelect(positive, outputGradient, outputGradient * slope), difference);
    }

    /// <summary><c>partial</c>[task] is two rows: Σ g and Σ g · (x − mean).</summary>
    private readonly struct NormSumsBody<T>(NormPlan plan, NormTables tables, float slope, T* outputGradient, T* x, float* partial)
        : IRangeBody where T : unmanaged, ILaneElement<T>
    {
        [SkipLocalsInit]
        public void Run(int first, int end)
        {
            var room = stackalloc float[(plan.AtOnce == 1 ? 0 : 2 * Lanes.LongestLine) + Lanes.Width];
            var aligned = Lanes.Align(room);
            for (var task = first; task < end; task++)
            {
                var output = partial + task * 2L * plan.Channels;
                var sums = plan.AtOnce == 1 ? output : aligned;
                var products = plan.AtOnce == 1 ? output + plan.Channels : aligned + Lanes.LongestLine;
                new Span<float>(sums, plan.Period).Clear();
                new Span<float>(products, plan.Period).Clear();
                var (start, count) = plan.Elements(task);
                var whole = count / plan.Period * plan.Period;
                var lines = count / plan.Period;
                var together = LinesTogether(plan.Period);
                for (var line = 0; line < lines; line += together)
                    Lines(task / plan.Blocks, start + (long)line * plan.Period, Math.Min(together, lines - line), plan.Period, sums,
                        products);
                Lines(task / plan.Blocks, start + whole, 1, count - whole, sums, products);
                if (plan.AtOnce == 1)
                    continue;
                FoldLine(plan, sums);
                FoldLine(plan, products);
                Unsafe.CopyBlockUnaligned(output, sums, (uint)plan.Channels * sizeof(float));
                Unsafe.CopyBlockUnaligned(output + plan.Channels, products, (uint)plan.Channels * sizeof(float));
            }
        }

        /// <summary>Sums over lines, two vectors of columns at a time in registers.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Lines(int group, long start, int lines, int length, float* sums, float* products)
        {
            const int Width = Lanes.Width;
            var negative = Vector512.Create(slope);
            float* means = tables.Mean(group), factors = tables.Factor(group), shifts = tables.Shift(group);
            var period = plan.Period;
            var j = 0;
            for (; j + 2 * Width <= length; j += 2 * Width)
            {
                T* gradients = outputGradient + start + j, inputs = x + start + j;
                Vector512<float> mean0 = Vector512.Load(means + j), mean1 = Vector512.Load(means + j + Width);
                Vector512<float> factor0 = Vector512.Load(factors + j), factor1 = Vector512.Load(factors + j + Width);
                Vector512<float> shift0 = Vector512.Load(shifts + j), shift1 = Vector512.Load(shifts + j + Width);
                Vector512<float> sum0 = Vector512<float>.Zero, sum1 = sum0;
                Vector512<float> product0 = sum0, product1 = sum0;
                for (var line = 0; line < lines; line++, gradients += period, inputs += period)
                {
                    var (gradient0, difference0) = ThroughActivation(T.Load(gradients), T.Load(inputs), mean0, factor0,
                        shift0, negative);
                    var (gradient1, difference1) = ThroughActivation(T.Load(gradients + Width), T.Load(inputs + Width),
                        mean1, factor1, shift1, negative);
                    sum0 += gradient0;
                    sum1 += gradient1;
                    product0 = Lanes.MultiplyAdd(gradient0, difference0, product0);
                    product1 = Lanes.MultiplyAdd(gradient1, difference1, product1);
                }

                (Vector512.Load(sums + j) + sum0).Store(sums + j);
                (Vector512.Load(sums + j + Width) + sum1).Store(sums + j + Width);
                (Vector512.Load(products + j) + product0).Store(products + j);
                (Vector512.Load(products + j + Width) + product1).Store(products + j + Width);
            }

            for (; j < length; j += Width)
            {
                var count = Math.Min(Width, length - j);
                T* gradients = outputGradient + start + j, inputs = x + start + j;
                Vector512<float> mean = Load(means + j, count), factor = Load(factors + j, count), shift = Load(shifts + j, count);
                Vector512<float> sum = Vector512<float>.Zero, product = sum;
                for (var line = 0; line < lines; line++, gradients += period, inputs += period)
                {
                    var (gradient, difference) = ThroughActivation(LoadElements(gradients, count), LoadElements(inputs, count), mean,
                        factor, shift, negative);
                    sum += gradient;
                    product = Lanes.MultiplyAdd(gradient, difference, product);
                }

                Lanes.StorePart(Load(sums + j, count) + sum, sums + j, count);
                Lanes.StorePart(Load(products + j, count) + product, products + j, count);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Load(float* p, int count) => count == Lanes.Width ? Vector512.Load(p) : Lanes.LoadPart(p, count);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> LoadElements(T* p, int count) => count == Lanes.Width ? T.Load(p) : T.LoadPart(p, count);
    }

    /// <summary>
    /// Joins the blocks' sums of each channel in float64, and makes of them the tables of the second pass and the two small gradients.
    /// </summary>
    private readonly struct JoinSumsBody(NormPlan plan, NormTables tables, float epsilon, float* partial, float* variance,
        float* scaleGradient, float* shiftGradient) : IRangeBody
    {
        public void Run(int first, int end)
        {
            for (var c = first; c < end; c++)
            {
                double scaleSum = 0, shiftSum = 0;
                for (var group = 0; group < plan.Groups; group++)
                {
                    double sum = 0, product = 0;
                    for (var block = 0; block < plan.Blocks; block++)
                    {
                        var at = ((long)group * plan.Blocks + block) * 2 * plan.Channels + c;
                        sum += partial[at];
                        product += partial[at + plan.Channels];
                    }

                    var inverse = 1 / Math.Sqrt((double)variance[(long)group * plan.Channels + c] + epsilon);
                    shiftSum += sum;
                    scaleSum += product * inverse;
                    float* offset = tables.Offset(group), tilt = tables.Tilt(group);
                    for (var copy = c; copy < plan.TablePeriod; copy += plan.Channels)
                    {
                        offset[copy] = (float)(sum / plan.Rows);
                        tilt[copy] = (float)(product * inverse * inverse / plan.Rows);
                    }
                }

                if (scaleGradient != null)
                    scaleGradient[c] = (float)scaleSum;
                if (shiftGradient != null)
                    shiftGradient[c] = (float)shiftSum;
            }
        }
    }

    private readonly struct NormGradientBody<T>(NormPlan plan, NormTables tables, float slope, T* outputGradient, T* x, T* inputGradient)
        : IRangeBody where T : unmanaged, ILaneElement<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var negative = Vector512.Create(slope);
            for (var task = first; task < end; task++)
            {
                var group = task / plan.Blocks;
                float* mean = tables.Mean(group), factor = tables.Factor(group), shift = tables.Shift(group), offset = tables.Offset(group),
                    tilt = tables.Tilt(group);
                var (start, count) = plan.Elements(task);
                for (var line = 0; line < count; line += plan.TablePeriod)
                {
                    T* gradients = outputGradient + start + line, inputs = x + start + line, output = inputGradient + start + line;
                    var length = Math.Min(plan.TablePeriod, count - line);
                    var j = 0;
                    for (; j + Lanes.Width <= length; j += Lanes.Width)
                    {
                        var scale = Vector512.Load(factor + j);
                        var (gradient, difference) = ThroughActivation(T.Load(gradients + j), T.Load(inputs + j),
                            Vector512.Load(mean + j), scale, Vector512.Load(shift + j), negative);
                        T.Store(scale * (gradient - Vector512.Load(offset + j) - difference * Vector512.Load(tilt + j)), output + j);
                    }

                    if (j == length)
                        continue;
                    var rest = length - j;
                    var lastScale = Lanes.LoadPart(factor + j, rest);
                    var (lastGradient, lastDifference) =
                        ThroughActivation(T.LoadPart(gradients + j, rest), T.LoadPart(inputs + j, rest),
                        Lanes.LoadPart(mean + j, rest), lastScale, Lanes.LoadPart(shift + j, rest), negative);
                    T.StorePart(
                        lastScale * (lastGradient - Lanes.LoadPart(offset + j, rest) - lastDifference * Lanes.LoadPart(tilt + j, rest)),
                        output + j, rest);
                }
            }
        }
    }
}
