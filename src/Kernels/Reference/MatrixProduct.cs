namespace CrossModal.Kernels.Reference;

/// <summary>C = op(A) · op(B): three loops a batch.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        var (batches, rows, columns, depth) = (geometry.Batch, geometry.M, geometry.N, geometry.K);
        for (var batch = 0; batch < batches; batch++)
        {
            var left = a.Float64 + (long)batch * rows * depth;
            var right = b.Float64 + (long)batch * depth * columns;
            var product = c.Float64 + (long)batch * rows * columns;
            for (var m = 0; m < rows; m++)
            {
                for (var n = 0; n < columns; n++)
                {
                    var sum = 0.0;
                    for (var k = 0; k < depth; k++)
                    {
                        var fromA = geometry.TransposeA ? left[(long)k * rows + m] : left[(long)m * depth + k];
                        var fromB = geometry.TransposeB ? right[(long)n * depth + k] : right[(long)k * columns + n];
                        sum += fromA * fromB;
                    }

                    product[(long)m * columns + n] = sum;
                }
            }
        }
    }
}
