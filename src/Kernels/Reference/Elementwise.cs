namespace CrossModal.Kernels.Reference;

/// <summary>Element by element; the formulas stand beside the names of the operations.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void Unary(UnaryOperation operation, DeviceArray x, DeviceArray y, double a = 0, double b = 0)
    {
        double* input = x.Float64, output = y.Float64;
        for (var i = 0L; i < y.Count; i++)
            output[i] = operation.Evaluate(input[i], a, b);
    }

    public override void Binary(BinaryOperation operation, in StridedGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray y,
        double alpha = 0)
    {
        double* left = a.Float64, right = b.Float64, output = y.Float64;
        for (var n = 0L; n < geometry.Count; n++)
        {
            var (offsetA, offsetB, offsetOut) = Offsets(geometry, n);
            output[offsetOut] = operation.Evaluate(left[offsetA], right[offsetB], alpha);
        }
    }

    /// <summary>Where the <paramref name="n"/>-th visit of the loops lies in each of the three arrays.</summary>
    private static (long A, long B, long Out) Offsets(in StridedGeometry geometry, long n)
    {
        long a = 0, b = 0, output = 0;
        for (var axis = geometry.Rank - 1; axis >= 0; axis--)
        {
            var index = n % geometry.Extents[axis];
            n /= geometry.Extents[axis];
            a += index * geometry.StridesA[axis];
            b += index * geometry.StridesB[axis];
            output += index * geometry.StridesOut[axis];
        }

        return (a, b, output);
    }
}
