namespace CrossModal.Kernels.Cuda;

/// <summary>One array that a launch was given: where it lies and how long it is. The simulator lets a kernel touch nothing else.</summary>
internal readonly record struct DeviceRange(nint Address, long Bytes);

/// <summary>
/// The one seam on which the backend <c>cuda</c> sits: memory, copies, streams, events, modules, launches, graphs. Behind it are the real
/// driver and the simulated one. Handles are opaque; a stream of 0 does not occur. Everything given a stream is done in that stream's
/// order, after the call has returned perhaps.
/// </summary>
/// <exception cref="CudaException">Any call, when the driver reports an error; it names the function, the error and its
/// meaning.</exception>
internal unsafe interface ICudaDriver : IDeviceAllocator, IDisposable
{
    /// <summary>The device's name: <c>cuda</c> or <c>cuda-sim</c>.</summary>
    string DeviceName { get; }

    GpuProperties Properties { get; }

    /// <summary>Prepares the calling thread for calls of cuBLAS or cuDNN on this device. Every other member does so by itself.</summary>
    void MakeCurrent()
    {
    }

    /// <summary>Page-locked host memory, from which copies to the device run by themselves.</summary>
    nint AllocateHost(long bytes);

    void FreeHost(nint address);

    void CopyToDevice(nint destination, void* source, long bytes, nint stream);

    void CopyToHost(void* destination, nint source, long bytes, nint stream);

    void CopyOnDevice(nint destination, nint source, long bytes, nint stream);

    /// <summary>Every byte of the range becomes 0.</summary>
    void Clear(nint address, long bytes, nint stream);

    nint CreateStream();

    void DestroyStream(nint stream);

    /// <summary>Waits for the stream's work; reports what went wrong in it.</summary>
    void Synchronize(nint stream);

    nint CreateEvent();

    void DestroyEvent(nint handle);

    void RecordEvent(nint handle, nint stream);

    /// <summary>The host waits until the event has happened.</summary>
    void WaitForEvent(nint handle);

    /// <summary>Milliseconds between two events that have happened.</summary>
    float ElapsedMilliseconds(nint start, nint end);

    /// <summary>
    /// Compiles those files of the program that the cache does not have yet, on all cores: one after the other, when each is first asked
    /// for, takes a minute.
    /// </summary>
    /// <param name="families">As in <see cref="KernelSource.Families"/>.</param>
    /// <param name="compiled">Told after each file how many are ready, one call at a time.</param>
    void Prepare(IReadOnlyList<string> families, Action<int>? compiled = null);

    /// <summary>Compiles a kernel file for this device (or finds it compiled in the cache) and loads it.</summary>
    nint LoadModule(KernelSource source);

    /// <summary>
    /// The kernel of that name, ready for up to <see cref="GpuProperties.SharedBytesPerBlock"/> of dynamic shared memory.
    /// </summary>
    nint GetFunction(nint module, string kernel);

    /// <summary>What the copy engine is told of an array; from compute capability 9.0 on. Needs no stream.</summary>
    TensorMap EncodeTensorMap(in BoxedArray array);

    /// <param name="arguments">A pointer to each argument's value, in the order of the kernel's parameters.</param>
    /// <param name="ranges">The arrays among the arguments; the real driver does not look at them.</param>
    void Launch(nint function, in LaunchShape shape, nint stream, void** arguments, ReadOnlySpan<DeviceRange> ranges);

    /// <summary>A call of a library that puts work of its own into the stream, and so into what is being captured.</summary>
    void Call(Action library, nint stream);

    /// <summary>From now on the stream's work is written down instead of done.</summary>
    void BeginCapture(nint stream);

    /// <summary>Ends <see cref="BeginCapture"/>; what was written down can be launched again and again.</summary>
    nint EndCapture(nint stream);

    void LaunchGraph(nint graph, nint stream);

    void DestroyGraph(nint graph);
}
