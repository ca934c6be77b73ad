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

    protected Tensor Draw(ulong stream, params ReadOnlySpan<int> extents) => GradientCheck.Draw(Device, new Shape(extents), stream);

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
