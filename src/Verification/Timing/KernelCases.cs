using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>Makes cases out of sizes: the products. One method a primitive.</summary>
public static partial class KernelCases
{
    public static KernelCase Convolution(string name, ConvolutionGeometry g) =>
        Convolution(name, g, $"{Input(g)} to {Output(g)}", [new(g.InputCount), new(g.WeightCount), Out(g.OutputCount)],
            (long)g.KernelHeight * g.KernelWidth * g.InputChannels, (backend, a) => backend.Convolution(g, a[0], a[1], a[2]));

    public static KernelCase ConvolutionInputGradient(string name, ConvolutionGeometry g) =>
        Convolution(name, g, $"{Output(g)} to {Input(g)}", [new(g.OutputCount), new(g.WeightCount), Out(g.InputCount)],
            (long)g.KernelHeight * g.KernelWidth * g.OutputChannels, (backend, a) => backend.ConvolutionInputGradient(g, a[0], a[1], a[2]));

    public static KernelCase ConvolutionWeightGradient(string name, ConvolutionGeometry g) =>
        Convolution(name, g, $"{Input(g)} and {Output(g)}", [new(g.InputCount), new(g.OutputCount), Out(g.WeightCount)],
            (long)g.Batch * g.OutputHeight * g.OutputWidth, (backend, a) => backend.ConvolutionWeightGradient(g, a[0], a[1], a[2]));

    public static KernelCase MatrixProduct(string name, MatrixProductGeometry g)
    {
        long m = (long)g.Batch * g.M, n = g.N, k = g.K;
        var shape = $"[{g.M}, {g.K}]{(g.TransposeA ? " transposed" : "")} by [{g.K}, {g.N}]{(g.TransposeB ? " transposed" : "")}";
        return new KernelCase("matrix_product", name, shape, [new(m * k), new(g.Batch * n * k), Out(m * n)],
            (backend, a) => backend.MatrixProduct(g, a[0], a[1], a[2]), Tolerance.Sum(k))
        {
            Operations = g.Operations,
            Product = ProductKind.MatrixProduct,
            Terms = k,
        };
    }

    private static KernelCase Convolution(
        string name, ConvolutionGeometry g, string shape, KernelArray[] arrays, long terms, Action<Backend, DeviceArray[]> run) =>
        new("convolution", name, $"{shape}, kernel {g.KernelHeight}, stride {g.StrideHeight}", arrays, run, Tolerance.Sum(terms))
        {
            Operations = g.Operations,
            Product = ProductKind.Convolution,
            Terms = terms,
        };

    private static KernelArray Out(long count) => new(count, ArrayRole.Output);

    private static string Input(ConvolutionGeometry g) => $"[{g.Batch}, {g.InputHeight}, {g.InputWidth}, {g.InputChannels}]";

    private static string Output(ConvolutionGeometry g) => $"[{g.Batch}, {g.OutputHeight}, {g.OutputWidth}, {g.OutputChannels}]";
}
