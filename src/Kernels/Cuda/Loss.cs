namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    public override void LogisticLoss(ReadOnlySpan<LogisticPart> parts, DeviceArray logits, DeviceArray values, DeviceArray gradient)
    {
        var narrow = logits.Type == ElementType.BFloat16;
        Kernel(narrow ? "loss_bf16" : "loss", narrow ? "loss_logistic_bf16" : "loss_logistic").Value(new LogisticTable(parts))
            .Array(logits).Array(values).Array(gradient).Run(1, BlockSize);
    }

    /// <summary>The kernels' logistic_parts: the same fields in the same order.</summary>
    private struct LogisticTable
    {
        public int Parts;
        public fixed int Counts[LogisticPart.Most];
        public fixed float Targets[LogisticPart.Most];
        public fixed float Weights[LogisticPart.Most];

        public LogisticTable(ReadOnlySpan<LogisticPart> parts)
        {
            Parts = parts.Length;
            for (var i = 0; i < parts.Length; i++)
                (Counts[i], Targets[i], Weights[i]) = (parts[i].Count, (float)parts[i].Target, (float)parts[i].Weight);
        }
    }
}
