namespace CrossModal.Kernels.Reference;

/// <summary>Losses and their gradients in one.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void LogisticLoss(double target, DeviceArray logits, DeviceArray loss, DeviceArray gradient)
    {
        var sum = 0.0;
        for (var i = 0L; i < logits.Count; i++)
        {
            var x = logits.Float64[i];
            sum += (target > 0 ? target * Softplus(-x) : 0) + (target < 1 ? (1 - target) * Softplus(x) : 0);
            gradient.Float64[i] = ((1 - target) / (1 + Math.Exp(-x)) - target / (1 + Math.Exp(x))) / logits.Count;
        }

        loss.Float64[0] = sum / logits.Count;

        static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));
    }
}
