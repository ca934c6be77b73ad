using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Losses of a batch of logits, a few hundred numbers: one thread is done before others are awake.</summary>
internal sealed unsafe partial class CpuBackend
{
    public override void LogisticLoss(ReadOnlySpan<LogisticPart> parts, DeviceArray logits, DeviceArray values, DeviceArray gradient)
    {
        float* x = logits.Float32, slope = Output(gradient), results = Output(values);
        var loss = 0.0;
        for (var k = 0; k < parts.Length; k++)
        {
            var (count, target, weight) = parts[k];
            var (sum, probabilities) = LogisticLoss(count, (float)target, (float)(weight / count), x, slope);
            loss += weight * sum / count;
            results[1 + k] = (float)(probabilities / count);
            x += count;
            slope += count;
        }

        results[0] = (float)loss;
    }

    private static (double Sum, double Probabilities) LogisticLoss(int count, float target, float share, float* x, float* slope)
    {
        var (asked, rest) = (Vector512.Create(target), Vector512.Create(1 - target));
        double sum = 0, probabilities = 0;
        for (var i = 0; i < count; i += Lanes.Width)
        {
            var lanes = Math.Min(Lanes.Width, count - i);
            var value = Lanes.LoadPart(x + i, lanes);
            var each = Vector512<float>.Zero;

            // A term that counts for nothing must not be 0 times infinity.
            if (target > 0)
                each += asked * VectorFunctions.Softplus(-value);
            if (target < 1)
                each += rest * VectorFunctions.Softplus(value);
            var probability = VectorFunctions.Sigmoid(value);
            for (var lane = 0; lane < lanes; lane++)
            {
                sum += each[lane];
                probabilities += probability[lane];
            }

            var difference = rest * probability - asked * VectorFunctions.Sigmoid(-value);
            Lanes.StorePart(difference * Vector512.Create(share), slope + i, lanes);
        }

        return (sum, probabilities);
    }
}
