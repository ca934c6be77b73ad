namespace CrossModal.Kernels.Reference;

/// <summary>Losses and their gradients in one.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void LogisticLoss(ReadOnlySpan<LogisticPart> parts, DeviceArray logits, DeviceArray values, DeviceArray gradient)
    {
        double* x = logits.Float64, slope = gradient.Float64;
        var loss = 0.0;
        for (var k = 0; k < parts.Length; k++)
        {
            var (count, target, weight) = parts[k];
            double sum = 0, probabilities = 0;
            for (var i = 0; i < count; i++)
            {
                // A term that counts for nothing must not be 0 times infinity.
                sum += (target > 0 ? target * Softplus(-x[i]) : 0) + (target < 1 ? (1 - target) * Softplus(x[i]) : 0);
                slope[i] = weight * ((1 - target) * Sigmoid(x[i]) - target * Sigmoid(-x[i])) / count;
                probabilities += Sigmoid(x[i]);
            }

            loss += weight * sum / count;
            values.Float64[1 + k] = probabilities / count;
            x += count;
            slope += count;
        }

        values.Float64[0] = loss;

        static double Softplus(double x) => UnaryOperation.Softplus.Evaluate(x, 0, 0);
        static double Sigmoid(double x) => UnaryOperation.Sigmoid.Evaluate(x, 0, 0);
    }
}
