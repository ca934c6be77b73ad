using CrossModal.Tensors;

namespace CrossModal.Verification;

public static partial class OpCases
{
    /// <summary>Ops in the company that they keep in a GAN: what one op leaves, another must read.</summary>
    private static IEnumerable<OpCase> Networks()
    {
        var reason = "three layers, each with the error of its sums, the batch norm's divided by its deviation";
        yield return new OpCase("network", "discriminator block and loss [4, 8, 8, 3]",
            [In(4, 8, 8, 3), In(5, 4, 4, 3), In(6, 4, 4, 5), In(Draw.Nonzero, 6), In(6), In(1, 2, 2, 6)],
            (device, x) =>
            {
                var h = x[0].Convolution(x[1] * 0.2, new(2, 1)).LeakyRelu(0.2);
                h = h.Convolution(x[2] * 0.2, new(2, 1)).BatchNorm(x[3], x[4], 2, Epsilon, 0.2, out _, out _);
                return h.Convolution(x[5]).Softplus().Mean();
            }, new Tolerance(1e-5, 2e-5, reason))
        { ProductTerms = 16, ProductChain = 4 };
        yield return new OpCase("network", "generator block [2, 1, 1, 8]",
            [In(2, 1, 1, 8), In(8, 4, 4, 6), In(Draw.Nonzero, 6), In(6), In(6, 4, 4, 3)],
            (device, x) =>
            {
                var h = x[0].ConvolutionTransposed(x[1] * 0.2).BatchNorm(x[2], x[3], 1, Epsilon, 0, out _, out _);
                return h.ConvolutionTransposed(x[4] * 0.2, new(2, 1)).Tanh();
            }, new Tolerance(1e-5, 2e-5, reason))
        { ProductTerms = 16, ProductChain = 4 };
        yield return new OpCase("network", "classifier block [2, 8, 6, 1]",
            [In(2, 8, 6, 1), In(4, 3, 3, 1), In(48, 5), In(5), In(Draw.Labels, 2) with { Classes = 5 }],
            (device, x) =>
            {
                var h = x[0].Convolution(x[1], new(1, 1)).Relu().MaxPool(2, 2).Reshape(2, -1);
                return -((h.MatrixProduct(x[2] * 0.2) + x[3]).LogSoftmax() * x[4].OneHot(5)).Sum() / 2;
            }, new Tolerance(1e-5, 2e-5, reason))
        { ProductTerms = 16, ProductChain = 4 };
    }
}
