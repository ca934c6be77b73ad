namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The embedded default: vectorized C# on all cores. One partial file a family of primitives. Every loop is cut into chunks whose results
/// do not depend on the number of threads, so a run is reproducible bit by bit on any machine with the same vector width.
/// </summary>
internal sealed unsafe partial class CpuBackend : Backend
{
    private readonly WorkerPool _workers;
    private readonly KeptPanels _kept = new();

    /// <param name="threads">Threads that share the work; 0 for one a core.</param>
    /// <param name="precision">How products and convolutions round what they multiply: float32 or bfloat16.</param>
    public CpuBackend(int threads = 0, Precision precision = Precision.Float32)
    {
        Precision = precision;
        if (precision == Precision.BFloat16)
            _bfloat16Path = BFloat16Paths.Best;
        Threads = threads > 0 ? threads : Environment.ProcessorCount;
        _workers = new WorkerPool(Threads);
        _panels = new PanelMemory(Threads);
        Memory = new DeviceMemoryPool(new HostAllocator(), "cpu");
    }

    public override string Name => "cpu";

    public override ElementType FloatType => ElementType.Float32;

    public override Precision Precision { get; }

    public override DeviceMemoryPool Memory { get; }

    public int Threads { get; }

    /// <summary>What convolutions keep of their weights between calls.</summary>
    public override long WorkspaceBytes => _kept.Bytes;

    public override void Upload<T>(ReadOnlySpan<T> source, DeviceArray destination)
    {
        _kept.Forget(destination);
        source.CopyTo(destination.Span<T>());
    }

    public override void Download<T>(DeviceArray source, Span<T> destination) => source.Span<T>().CopyTo(destination);

    /// <summary>
    /// Where a primitive writes float32. Every array that one writes is asked for so, because what was made of its old numbers ends here.
    /// </summary>
    private float* Output(DeviceArray y)
    {
        _kept.Forget(y);
        return y.Float32;
    }

    /// <summary>The same for any float type.</summary>
    private T* Output<T>(DeviceArray y) where T : unmanaged
    {
        _kept.Forget(y);
        return Elements<T>(y);
    }

    /// <summary>An array of float32 or bfloat16 as elements that load and store vectors.</summary>
    private static T* Elements<T>(DeviceArray array) where T : unmanaged =>
        typeof(T) == typeof(BFloat16Element) ? (T*)array.BFloat16 : (T*)array.Float32;

    internal override bool HasLoopsFor(NarrowPrimitive primitive, params ReadOnlySpan<ElementType> types) => primitive switch
    {
        NarrowPrimitive.Unary or NarrowPrimitive.BatchNorm => !types.ContainsAnyExcept(types[0]),
        NarrowPrimitive.Binary => types[0] == types[2] && (types[1] == types[0] || types[1] == ElementType.Float32),
        NarrowPrimitive.Reduce => types[1] == ElementType.Float32,
        NarrowPrimitive.MatrixProduct or NarrowPrimitive.Convolution => true,
        _ => false,
    };

    public override void Dispose()
    {
        _workers.Dispose();
        _kept.Dispose();
        _panels.Dispose();
        Memory.Dispose();
    }
}
