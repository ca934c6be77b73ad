namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    public override void LogisticLoss(double target, DeviceArray logits, DeviceArray loss, DeviceArray gradient) =>
        Kernel("loss", "loss_logistic").Array(logits).Value(logits.Count).Value((float)target).Array(loss).Array(gradient).Run(1, BlockSize);
}
