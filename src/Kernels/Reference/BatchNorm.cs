namespace CrossModal.Kernels.Reference;

/// <summary>
/// Batch normalization (Ioffe and Szegedy 2015) with the activation that follows. A group without rows has mean 0 and variance 0.
/// </summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void BatchNormStatistics(in BatchNormGeometry geometry, DeviceArray x, DeviceArray mean, DeviceArray variance)
    {
        var (rows, channels) = (geometry.Rows, geometry.Channels);
        for (var group = 0; group < geometry.Groups; group++)
        {
            var input = x.Float64 + (long)group * rows * channels;
            for (var c = 0; c < channels; c++)
            {
                double sum = 0, squares = 0;
                for (var row = 0; row < rows; row++)
                    sum += input[(long)row * channels + c];
                var average = rows == 0 ? 0 : sum / rows;
                for (var row = 0; row < rows; row++)
                {
                    var difference = input[(long)row * channels + c] - average;
                    squares += difference * difference;
                }

                mean.Float64[(long)group * channels + c] = average;
                variance.Float64[(long)group * channels + c] = rows == 0 ? 0 : squares / rows;
            }
        }
    }

    public override void BatchNormRunning(double momentum, double correction, in RunningStatistics statistics)
    {
        var (mean, variance, runningMean, runningVariance) = statistics;
        Move(mean, runningMean, 1);
        Move(variance, runningVariance, correction);

        void Move(DeviceArray of, DeviceArray running, double factor)
        {
            var (groups, channels) = (of.Count / running.Count, running.Count);
            for (var c = 0L; c < channels; c++)
            {
                var sum = 0.0;
                for (var group = 0L; group < groups; group++)
                    sum += of.Float64[group * channels + c];
                running.Float64[c] += momentum * (sum / groups * factor - running.Float64[c]);
            }
        }
    }

    public override void BatchNormApply(in BatchNormGeometry geometry, in BatchNormArrays arrays, DeviceArray y)
    {
        var (x, mean, variance, scale, shift) = arrays;
        var (rows, channels) = (geometry.Rows, geometry.Channels);
        for (var group = 0; group < geometry.Groups; group++)
        {
            for (var row = 0; row < rows; row++)
            {
                for (var c = 0; c < channels; c++)
                {
                    var at = ((long)group * rows + row) * channels + c;
                    var inverse = 1 / Math.Sqrt(variance.Float64[(long)group * channels + c] + geometry.Epsilon);
                    var normalized = (x.Float64[at] - mean.Float64[(long)group * channels + c]) * inverse;
                    var value = scale.Float64[c] * normalized + shift.Float64[c];
                    y.Float64[at] = value > 0 ? value : OperationFormulas.Sloped(geometry.NegativeSlope, value);
                }
            }
        }
    }

    /// <remarks>
    /// With x̂ = (x − mean) / σ, g = outputGradient · slope and N rows a group, the chain rule through mean and variance gives
    /// ∂x = scale / σ · (g − Σg / N − x̂ · Σ(g·x̂) / N), the sums over the group; ∂scale = Σ g·x̂ and ∂shift = Σ g over all groups.
    /// </remarks>
    public override void BatchNormGradient(in BatchNormGeometry geometry, DeviceArray outputGradient, in BatchNormArrays arrays,
        in BatchNormGradients gradients)
    {
        var (x, mean, variance, scale, shift) = arrays;
        var (inputGradient, scaleGradient, shiftGradient) = gradients;
        var (rows, channels) = (geometry.Rows, geometry.Channels);
        for (var c = 0; c < channels; c++)
        {
            double scaleSum = 0, shiftSum = 0;
            for (var group = 0; group < geometry.Groups; group++)
            {
                var average = mean.Float64[(long)group * channels + c];
                var inverse = 1 / Math.Sqrt(variance.Float64[(long)group * channels + c] + geometry.Epsilon);
                double sum = 0, product = 0;
                for (var row = 0; row < rows; row++)
                {
                    var at = ((long)group * rows + row) * channels + c;
                    var normalized = (x.Float64[at] - average) * inverse;
                    var slope = scale.Float64[c] * normalized + shift.Float64[c] > 0 ? 1 : geometry.NegativeSlope;
                    sum += slope * outputGradient.Float64[at];
                    product += slope * outputGradient.Float64[at] * normalized;
                }

                for (var row = 0; row < rows && !inputGradient.IsNone; row++)
                {
                    var at = ((long)group * rows + row) * channels + c;
                    var normalized = (x.Float64[at] - average) * inverse;
                    var slope = scale.Float64[c] * normalized + shift.Float64[c] > 0 ? 1 : geometry.NegativeSlope;
                    inputGradient.Float64[at] =
                        scale.Float64[c] * inverse * (slope * outputGradient.Float64[at] - sum / rows - normalized * product / rows);
                }

                scaleSum += product;
                shiftSum += sum;
            }

            if (!scaleGradient.IsNone)
                scaleGradient.Float64[c] = scaleSum;
            if (!shiftGradient.IsNone)
                shiftGradient.Float64[c] = shiftSum;
        }
    }
}
