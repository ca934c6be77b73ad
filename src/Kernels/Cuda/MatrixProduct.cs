namespace CrossModal.Kernels.Cuda;

/// <summary>C = op(A) · op(B), by the hand-written kernels of <see cref="MatrixProductVersion.All"/> or by cuBLAS.</summary>
internal sealed unsafe partial class CudaBackend
{
    public override void MatrixProduct(in MatrixProductGeometry geometry, DeviceArray a, DeviceArray b, DeviceArray c)
    {
        if ((geometry.M == 1 || geometry.N == 1) && _settings.MatrixProducts != KernelProvider.Library)
        {
            MatrixVectorProduct(geometry, a, b, c);
            _computers |= Computers.OurVectorProducts;
        }
        else if (c.Count > 0)
            ChooseMatrixProduct(geometry, a, b, c);
    }

    /// <summary>
    /// Whether a version computes what the options ask for on this device: the asked precision, or float32 where there are no tensor cores.
    /// </summary>
    internal bool MatrixProductVersionServes(int version)
    {
        var candidate = MatrixProductVersion.All[version];
        var precision = _driver.Properties.Major >= 8 ? Precision : Precision.Float32;
        return candidate.Precision == precision && candidate.RunsOn(_driver.Properties);
    }

    /// <summary>The version with the least estimated time, for when nobody has measured.</summary>
    internal int EstimatedMatrixProductVersion(in MatrixProductGeometry geometry)
    {
        var (best, least) = (-1, double.PositiveInfinity);
        for (var version = 0; version < MatrixProductVersion.All.Count; version++)
        {
            var candidate = MatrixProductVersion.All[version];
            if (!candidate.Competes || !MatrixProductVersionServes(version))
                continue;
            var clocks = candidate.Estimate(geometry, _driver.Properties).Clocks;
            if (clocks < least)
                (best, least) = (version, clocks);
        }

        return best >= 0 ? best : throw new InvalidOperationException($"no hand-written matrix product runs on {_driver.Properties.Name}");
    }

    /// <summary>Runs one version, whether or not it competes or fits the options.</summary>
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
        if (slices == 1)
        {
            LaunchMatrixProduct(chosen, geometry, new(a, b, c), 1, depth);
            return;
        }

        var scratch = Scratch.Allocate(slices * c.Bytes, "MatrixProduct");
        var partials = new DeviceArray(scratch.Address, slices * c.Count, ElementType.Float32);
        LaunchMatrixProduct(chosen, geometry, new(a, b, partials), slices, depth);
        SumMatrixProductSlices(partials, c, slices);
        Scratch.Release(scratch);
    }

    private void SumMatrixProductSlices(DeviceArray partials, DeviceArray c, int slices) =>
        Kernel("matrix_product", "matrix_product_sum").Array(partials).Array(c).Value(c.Count).Value(slices)
            .Run(Blocks(c.Count), BlockSize);

    private void LaunchMatrixProduct(MatrixProductVersion version, in MatrixProductGeometry g, in ProductArrays arrays, int slices,
        int sliceDepth)
    {
        var blocks = version.Rows == 0 ? Blocks(arrays.Result.Count) : checked((int)version.Blocks(g, slices));
        Kernel(version.Family, version.Kernel(g)).Array(arrays.A).Array(arrays.B).Array(arrays.Result)
            .Value(new MatrixProductArguments(g, arrays, slices, sliceDepth)).Run(blocks, version.Threads, version.SharedBytes);
    }
}
