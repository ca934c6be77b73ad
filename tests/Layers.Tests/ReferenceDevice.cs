using CrossModal.Tensors;

namespace CrossModal.Layers.Tests;

/// <summary>
/// A device in float64 and a stream of first weights, for the length of one test class instance (xunit makes one a test).
/// </summary>
public abstract class ReferenceDevice : IDisposable
{
    protected Device Device { get; } = Device.Open("reference");

    protected RandomStream Random { get; }

    protected ReferenceDevice() => Random = new RandomStream(Device, 5);

    public virtual void Dispose()
    {
        Random.Dispose();
        Device.Dispose();
        GC.SuppressFinalize(this);
    }

    protected Tensor Draw(ulong stream, params ReadOnlySpan<int> extents) => Draw(new Shape(extents), stream);

    /// <summary>Normal numbers that depend on nothing but <paramref name="stream"/>.</summary>
    protected Tensor Draw(Shape shape, ulong stream)
    {
        var random = new CountedRandom(7, stream);
        return Tensor.From(Device, shape, Array.ConvertAll(new double[shape.Count], _ => (double)random.NextNormal()));
    }

    protected Tensor From(Shape shape, params double[] values) => Tensor.From(Device, shape, values);

    /// <summary>A folder of this test's own, removed at its end.</summary>
    protected static TemporaryFolder Folder() => new();
}

public sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crossmodal-layers-");

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
