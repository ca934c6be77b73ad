namespace CrossModal.Kernels.Reference;

/// <summary>
/// The definition of every primitive: plain loops in float64 over host memory, one thread, no vectors, written to be read. Slow on purpose.
/// The other devices are tested against it, and gradients are checked on it by differences. Floats are <see cref="ElementType.Float64"/>;
/// labels and indices int32, counters int64. One partial file a family of primitives.
/// </summary>
internal sealed unsafe partial class ReferenceBackend : Backend
{
    public override string Name => "reference";

    public override ElementType FloatType => ElementType.Float64;

    public override DeviceMemoryPool Memory { get; } = new(new HostAllocator(), "reference");

    public override void Upload<T>(ReadOnlySpan<T> source, DeviceArray destination) => source.CopyTo(destination.Span<T>());

    public override void Download<T>(DeviceArray source, Span<T> destination) => source.Span<T>().CopyTo(destination);

    public override void Dispose() => Memory.Dispose();
}
