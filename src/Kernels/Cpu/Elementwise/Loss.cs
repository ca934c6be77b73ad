using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Losses of a batch of logits, a hundred numbers: one thread is done before others are awake.</summary>
internal sealed unsafe partial class CpuBackend
{
    public override void LogisticLoss(double target, DeviceArray logits, DeviceArray loss, DeviceArray gradient)
    {
        float* x = logits.Float32, g = Output(gradient);
        var (asked, rest) = (Vector512.Create((float)target), Vector512.Create((float)(1 - target)));
        var share = Vector512.Create((float)(1.0 / logits.Count));
        var sum = 0.0;
        for (var i = 0L; i < logits.Count; i += Lanes.Width)
        {
            var count = (int)Math.Min(Lanes.Width, logits.Count - i);
            var value = Lanes.LoadPart(x + i, count);
            var of = Vector512<float>.Zero;

            // A term that counts for nothing must not be 0 times infinity.
            if (target > 0)
                of += asked * VectorFunctions.Softplus(-value);
            if (target < 1)
                of += rest * VectorFunctions.Softplus(value);
            for (var lane = 0; lane < count; lane++)
                sum += of[lane];
            Lanes.StorePart((rest * VectorFunctions.Sigmoid(value) - asked * VectorFunctions.Sigmoid(-value)) * share, g + i, count);
        }

        Output(loss)[0] = (float)(sum / logits.Count);
    }
}
