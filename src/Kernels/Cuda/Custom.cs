namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    public override bool HasHostMemory => false;

    /// <inheritdoc/>
    public override void RunOnHost(Action work) =>
        throw new NotSupportedException($"the device {Name} runs kernels, and no code of the host's");

    /// <inheritdoc/>
    internal override void Launch(KernelCode kernel, in LaunchShape shape, LaunchValue[] values)
    {
        if (!_functions.TryGetValue((kernel.Key, kernel.Name), out var function))
            function = Load(kernel.Key, kernel.Name, KernelSource.Of(kernel));
        var launch = _launch.Begin(function);
        foreach (var value in values)
        {
            if (value.IsArray)
                launch.Array(value.Array);
            else if (value.Type.Size() == 4)
                launch.Value((int)value.Bits);
            else
                launch.Value(value.Bits);
        }

        launch.Run(shape.Grid, shape.Block, shape.SharedBytes);
    }
}
