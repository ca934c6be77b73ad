namespace CrossModal.Kernels.Reference;

/// <summary>Sums and maxima over the middle axis. An empty sum is 0, an empty maximum −∞; a NaN among the values is the maximum.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void Reduce(ReductionOperation operation, in ReductionGeometry geometry, DeviceArray x, DeviceArray y)
    {
        double* input = x.Float64, output = y.Float64;
        var (outers, reduced, inners) = (geometry.Outer, geometry.Reduced, geometry.Inner);
        for (var outer = 0; outer < outers; outer++)
        {
            for (var inner = 0; inner < inners; inner++)
            {
                var result = operation == ReductionOperation.Maximum ? double.NegativeInfinity : 0;
                for (var i = 0; i < reduced; i++)
                {
                    var value = input[((long)outer * reduced + i) * inners + inner];
                    result = operation == ReductionOperation.Maximum ? Math.Max(result, value) : result + value;
                }

                output[(long)outer * inners + inner] = result;
            }
        }
    }
}
