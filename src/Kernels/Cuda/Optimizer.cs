namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    public override void Adam(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, in AdamArrays arrays)
    {
        var (parameters, gradients, firstMoment, secondMoment) = arrays;
        var vectors = InVectors(parameters, gradients) && InVectors(firstMoment, secondMoment);
        Kernel("optimizer", "optimizer_adam_1").Value(new AdamArguments(constants)).Array(learningRate).Array(step).Array(parameters)
            .Array(gradients)
            .Array(firstMoment).Array(secondMoment).Value(parameters.Count).Value(vectors ? 1 : 0)
            .Run(BlocksOfFours(parameters.Count, vectors ? parameters.Count / 4 : 0), BlockSize);
    }

    public override void AdamAll(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, ReadOnlySpan<AdamArrays> arrays) =>
        AdamAll(constants, learningRate, step, arrays, advance: 0);

    /// <inheritdoc/>
    /// <remarks>The block that finishes last moves the step on, when all have read it.</remarks>
    public override void AdamNext(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, ReadOnlySpan<AdamArrays> arrays)
    {
        // The last launch stores the number; without elements it is none.
        var count = arrays.Length;
        while (count > 0 && arrays[count - 1].Parameters.Count == 0)
            count--;
        if (count == 0)
            Increment(step, 1);
        AdamAll(constants, learningRate, step, arrays[..count], advance: 1);
    }

    /// <param name="advance">What the number of this step is beyond the one that is stored, and stored with the last launch.</param>
    private void AdamAll(in AdamConstants constants, DeviceArray learningRate, DeviceArray step, ReadOnlySpan<AdamArrays> arrays,
        int advance)
    {
        if (Precision == Precision.BFloat16)
        {
            foreach (var array in arrays)
                KeepCopyOf(array.Parameters);
        }

        for (var start = 0; start < arrays.Length; start += AdamTable.MaximumArrays)
        {
            var part = arrays.Slice(start, Math.Min(AdamTable.MaximumArrays, arrays.Length - start));
            var table = new AdamTable(part, this);
            var launch = Kernel("optimizer", "optimizer_adam_2").Value(new AdamArguments(constants)).Array(learningRate).Array(step)
                .Value(advance).Value(start + part.Length == arrays.Length ? 1 : 0).Array(ZeroCounters(1)).Value(table);
            foreach (var array in part)
            {
                launch.MayTouch(array.Parameters).MayTouch(array.Gradients).MayTouch(array.FirstMoment).MayTouch(array.SecondMoment)
                    .MayTouch(KeptCopy(array.Parameters));
            }

            _copiesAreKept = true;
            try
            {
                launch.Run(table.Blocks, BlockSize);
            }
            finally
            {
                _copiesAreKept = false;
            }
        }
    }

    public override void Sgd(double momentum, double weightDecay, DeviceArray learningRate, DeviceArray parameters, DeviceArray gradients,
        DeviceArray velocity)
    {
        var vectors = InVectors(parameters, gradients) && InVectors(velocity) ? parameters.Count / 4 : 0;
        Kernel("optimizer", "optimizer_sgd").Value((float)momentum).Value((float)weightDecay).Array(learningRate).Array(parameters)
            .Array(gradients).Array(velocity)
            .Value(parameters.Count).Value(vectors).Run(BlocksOfFours(parameters.Count, vectors), BlockSize);
    }

    public override void Increment(DeviceArray counter, long amount) =>
        Kernel("optimizer", "optimizer_increment").Array(counter).Value(amount).Run(1, 1);

    /// <summary><c>adam_constants</c> of kernels/optimizer.cu.</summary>
    private readonly struct AdamArguments(in AdamConstants constants)
    {
        private readonly float _rest1 = (float)(1 - constants.Beta1), _rest2 = (float)(1 - constants.Beta2);
        private readonly float _epsilon = (float)constants.Epsilon, _weightDecay = (float)constants.WeightDecay;
        private readonly float _logBeta1 = (float)Math.Log(constants.Beta1), _logBeta2 = (float)Math.Log(constants.Beta2);
    }

    /// <summary>
    /// <c>adam_table</c> of kernels/optimizer.cu: parameter arrays cut into chunks, a block each. It travels among the arguments of the
    /// launch, so nothing is uploaded.
    /// </summary>
    private struct AdamTable
    {
        public const int MaximumArrays = 48;

        private const int Chunk = 4096;

        private fixed long _parameters[MaximumArrays], _gradients[MaximumArrays], _firstMoments[MaximumArrays],
            _secondMoments[MaximumArrays], _copies[MaximumArrays];
        private fixed long _counts[MaximumArrays];
        private ulong _inVectors;
        private fixed int _firstBlock[MaximumArrays + 1];
        private readonly int _arrays;

        public AdamTable(ReadOnlySpan<AdamArrays> arrays, CudaBackend backend)
        {
            _arrays = arrays.Length;
            for (var i = 0; i < arrays.Length; i++)
            {
                var (parameters, gradients, first, second) = arrays[i];
                (_parameters[i], _gradients[i], _firstMoments[i], _secondMoments[i]) =
                    (parameters.Address, gradients.Address, first.Address, second.Address);
                _copies[i] = backend.KeptCopy(parameters).Address;
                _counts[i] = parameters.Count;
                if (InVectors(parameters, gradients) && InVectors(first, second))
                    _inVectors |= 1ul << i;
                _firstBlock[i + 1] = checked(_firstBlock[i] + (int)((parameters.Count + Chunk - 1) / Chunk));
            }
        }

        public int Blocks => _firstBlock[_arrays];
    }
}
