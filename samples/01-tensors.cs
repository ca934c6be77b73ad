#:project ../src/Layers/CrossModal.Layers.csproj

// Tensors: arrays of numbers that live on a device. Run it with `dotnet run --file samples/01-tensors.cs`.

using CrossModal.Tensors;

// 1. A device computes and owns memory. `cpu` computes in float32 on all cores, `reference` in float64, slowly and by definition; `cuda`
//    is an NVIDIA GPU, `cuda-sim` runs the kernels that are written for it on the processor, and `auto` takes the fastest there is.
using var device = Device.Open("cpu");

// 2. What is made inside a scope is given back when it ends. (Without one it is given back too, some time after nobody uses it any more.)
using var scope = new Scope();

// 3. A tensor has a shape, and its elements lie in memory row by row.
var x = Tensor.From(device, [2, 3], [1f, 2, 3, 4, 5, 6]);
Console.WriteLine($"x, {x.Description}:\n{x}\n");

// 4. Arithmetic works element by element, and an axis that is missing or 1 long is repeated: here one row of three for both rows of x.
var row = Tensor.From(device, [3], [10f, 20, 30]);
Console.WriteLine($"x + row:\n{x + row}\n");
Console.WriteLine($"2 tanh(x / 4) - 1:\n{2 * (x / 4).Tanh() - 1}\n");

// 5. Sums, means and maxima over the axes that are named; with `keep` an axis stays, with the extent 1, so the result fits onto x again.
Console.WriteLine($"the sum of each column: {x.Sum([0])}");
Console.WriteLine($"the mean of everything: {x.Mean()}");
Console.WriteLine($"each row without its mean:\n{x - x.Mean([1], keep: true)}\n");

// 6. A position drops an axis, a range keeps it.
Console.WriteLine($"the first row: {x[0]}");
Console.WriteLine($"the last column: {x[.., ^1]}");
Console.WriteLine($"the first two columns:\n{x[.., ..2]}\n");

// 7. The same elements under another shape, with the axes in another order, or joined.
Console.WriteLine($"three rows of two:\n{x.Reshape([3, -1])}");
Console.WriteLine($"transposed:\n{x.Transpose()}");
Console.WriteLine($"x above its double:\n{Tensor.Concatenate(0, x, x * 2)}\n");

// 8. A product of matrices: [2, 3] by [3, 2] is [2, 2]. What does not fit is named.
Console.WriteLine($"x times its transpose:\n{x.MatrixProduct(x.Transpose())}");
try
{
    x.MatrixProduct(x);
}
catch (ArgumentException error)
{
    Console.WriteLine($"{error.GetType().Name}: {error.Message}\n");
}

// 9. Images are [batch, height, width, channels]. A convolution looks for an edge from dark to bright; of a large result the edges print.
var (dark, bright) = (Tensor.Zeros(device, [1, 40, 20, 1]), Tensor.Full(device, [1, 40, 20, 1], 1));
var picture = Tensor.Concatenate(2, dark, bright);
var edge = Tensor.From(device, [1, 1, 3, 1], [-1f, 0, 1]);
var found = picture.Convolution(edge);
Console.WriteLine($"columns 16 to 21 of the first row: {found[0, 0, 16..22, 0]}");
Console.WriteLine($"all rows of it:\n{found[0, .., .., 0]}\n");

// 10. Random numbers are counted: a seed gives the same ones on every device, whatever else is drawn in between from other streams.
using var random = new RandomStream(device, seed: 1);
var draws = random.Normal([100_000]);
Console.WriteLine($"100000 draws: mean {draws.Mean().Item():0.000}, variance {(draws - draws.Mean()).Square().Mean().Item():0.000}");

// 11. Numbers come back to the host as an array.
float[] values = (x * x).ToArray();
Console.WriteLine($"squares: {string.Join(", ", values)}");
