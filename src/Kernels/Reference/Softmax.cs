namespace CrossModal.Kernels.Reference;

/// <summary>The logarithm of the softmax of each row.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void LogSoftmax(int rows, int columns, DeviceArray x, DeviceArray y)
    {
        for (var i = 0; i < rows; i++)
        {
            double* input = x.Float64 + (long)i * columns, output = y.Float64 + (long)i * columns;

            // The largest is taken out first, so that no exponential overflows.
            var largest = double.NegativeInfinity;
            for (var j = 0; j < columns; j++)
                largest = Math.Max(largest, input[j]);
            var sum = 0.0;
            for (var j = 0; j < columns; j++)
                sum += Math.Exp(input[j] - largest);
            var logarithm = largest + Math.Log(sum);
            for (var j = 0; j < columns; j++)
                output[j] = input[j] - logarithm;
        }
    }
}
