using CrossModal.Kernels.Cuda.Libraries;

namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    public override IDeviceGraph? CaptureGraph(Action work)
    {
        if (!_settings.Graph)
            return null;
        _driver.BeginCapture(_stream);
        _timer.Capturing = true;
        try
        {
            work();
        }
        catch
        {
            Abandon();
            throw;
        }
        finally
        {
            _timer.Capturing = false;
        }

        return new CudaGraph(_driver, _driver.EndCapture(_stream), _stream, _nccl);
    }

    /// <summary>Ends a capture that came to nothing. What went wrong first is what is to be reported.</summary>
    private void Abandon()
    {
        try
        {
            _driver.DestroyGraph(_driver.EndCapture(_stream));
        }
        catch (CudaException)
        {
        }
    }

    private sealed class CudaGraph(ICudaDriver driver, nint graph, nint stream, NcclCommunicator? ranks) : IDeviceGraph
    {
        public void Launch()
        {
            // Nobody calls NCCL any more who could be told what went wrong with it meanwhile.
            ranks?.RequireHealthy();
            driver.LaunchGraph(graph, stream);
        }

        public void Dispose() => driver.DestroyGraph(graph);
    }
}
