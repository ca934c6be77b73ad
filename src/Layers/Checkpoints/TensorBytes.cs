using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>Between a tensor on the device, in its own order of axes, and its bytes in a checkpoint.</summary>
internal static class TensorBytes
{
    public static byte[] Read(NamedTensor named)
    {
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var tensor = named.Layout.ToFile(named.Tensor);
        switch (tensor.Type)
        {
            case ElementType.Float32:
                return MemoryMarshal.AsBytes<float>(tensor.ToArray()).ToArray();
            case ElementType.Float64:
                return MemoryMarshal.AsBytes<double>(tensor.ToDoubles()).ToArray();
            case ElementType.Int32:
                return MemoryMarshal.AsBytes<int>(tensor.ToInts()).ToArray();
            default:
                var values = new long[tensor.Count];
                tensor.Read(values);
                return MemoryMarshal.AsBytes<long>(values).ToArray();
        }
    }

    /// <param name="type">What the bytes are; floats are converted to the tensor's own type.</param>
    public static void Write(NamedTensor named, ElementType type, ReadOnlySpan<byte> bytes)
    {
        using var pause = Tape.Paused();
        using var scope = new Scope();
        var tensor = named.Tensor;
        var aside = Tensor.Uninitialized(tensor.Device, named.Layout.File, tensor.Type);
        switch (type)
        {
            case ElementType.Float32:
                aside.Write(MemoryMarshal.Cast<byte, float>(bytes));
                break;
            case ElementType.Float64:
                aside.Write(MemoryMarshal.Cast<byte, double>(bytes));
                break;
            case ElementType.Int32:
                aside.Write(MemoryMarshal.Cast<byte, int>(bytes));
                break;
            default:
                aside.Write(MemoryMarshal.Cast<byte, long>(bytes));
                break;
        }

        tensor.CopyFrom(named.Layout.FromFile(aside, tensor.Shape));
    }
}
