namespace CrossModal.Kernels.Cuda;

public sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    public override IDeviceGraph? CaptureGraph(Action work)
    {
        if (!_options.Graph)
            return null;
        _driver.BeginCapture(_stream);
        _timer.Capturing = true;
        nint graph;
        try
        {
            work();
        }
        finally
        {
            _timer.Capturing = false;
            graph = _driver.EndCapture(_stream);
        }

        return new CudaGraph(_driver, graph, _stream);
    }

    private sealed class CudaGraph(ICudaDriver driver, nint graph, nint stream) : IDeviceGraph
    {
        public void Launch() => driver.LaunchGraph(graph, stream);

        public void Dispose() => driver.DestroyGraph(graph);
    }
}
