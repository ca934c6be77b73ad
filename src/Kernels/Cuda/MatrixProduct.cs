namespace CrossModal.Kernels.Cuda;

/// <summary>C = op(A) · op(B), by the hand-written kernels of <see cref="MatrixProductVersion.All"/> or by cuBLAS.</summary>
internal sealed unsafe partial class CudaBackend
{
    /// <inheritdoc/>
    /// <remarks>Of operands of different types, the one that is not bfloat16 is rounded to it.</remarks>
    public override void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        using NarrowCopy left = NarrowedBeside(b, a), right = NarrowedBeside(a, b);
        if ((geometry.M == 1 || geometry.N == 1) && left.Array.Type == ElementType.Float32
            && _settings.MatrixProducts != KernelProvider.Library)
        {
            MatrixVectorProduct(geometry, a, b, c);
            Computed(Computer.OurVectorProducts, Precision.Float32);
        }
        else if (c.Count > 0)
            ChooseMatrixProduct(geometry, left.Array, right.Array, c);
    }

    /// <summary>
    /// How a product of such operands is computed: as they are, or, of float32 where the settings say so, rounded to TF32.
    /// </summary>
    internal Precision PrecisionFor(ElementType operand) =>
        operand == ElementType.BFloat16 ? Precision.BFloat16
        : Precision == Precision.TensorFloat32 && Gpu.Major >= 8 ? Precision.TensorFloat32
        : Precision.Float32;

    /// <summary>Whether a version computes in this precision on this device.</summary>
    internal bool MatrixProductVersionServes(int version, Precision precision) =>
        MatrixProductVersion.All[version].Precision == precision && MatrixProductVersion.All[version].RunsOn(_driver.Properties);

    /// <summary>The version with the least estimated time, for when nobody has measured.</summary>
    internal int EstimatedMatrixProductVersion(in MatrixProductGeometry geometry, Precision precision)
    {
        var (best, least) = (-1, double.PositiveInfinity);
        for (var version = 0; version < MatrixProductVersion.All.Count; version++)
        {
            var candidate = MatrixProductVersion.All[version];
            if (!candidate.Competes || !MatrixProductVersionServes(version, precision))
                continue;
            var clocks = candidate.Estimate(geometry, _driver.Properties).Clocks;
            if (clocks < least)
                (best, least) = (version, clocks);
        }

        return best >= 0 ? best : throw new InvalidOperationException($"no hand-written matrix product runs on {_driver.Properties.Name}");
    }

    /// <summary>Runs one version for the operands' type, whether or not it competes or fits the options.</summary>
    /// <param name="version">Index in <see cref="MatrixProductVersion.All"/>.</param>
    /// <param name="slices">Into how many parts to cut the depth, about; 0 for the estimate. A version that cannot cut ignores it.</param>
    internal void HandwrittenMatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c, int version,
        int slices = 0)
    {
        if (c.Count == 0)
            return;
        var chosen = MatrixProductVersion.All[version];
        if (!chosen.Slices)
            slices = 1;
        else if (slices == 0)
            slices = chosen.Estimate(geometry, _driver.Properties).Slices;
        var depth = MatrixProductVersion.SliceDepth(geometry, slices);
        slices = Math.Max(1, (geometry.K + depth - 1) / depth);
        using var sliced = Sliced(c, slices, "MatrixProduct");
        LaunchMatrixProduct(chosen, geometry, new(a, b, sliced.Target), slices, depth);
        sliced.Sum();
    }

    private void LaunchMatrixProduct(MatrixProductVersion version, in MatrixProductGeometry g, in ProductArrays arrays, int slices,
        int sliceDepth)
    {
        var blocks = version.Rows == 0 ? Blocks(arrays.Result.Count) : checked((int)version.Blocks(g, slices));
        Kernel(version.Family, version.Kernel(g)).Array(arrays.A).Array(arrays.B).Array(arrays.Result)
            .Value(new MatrixProductArguments(g, arrays, slices, sliceDepth)).Run(blocks, version.Threads, version.SharedBytes);
    }
}
