using System.Security.Cryptography;
using System.Text;

namespace CrossModal.Kernels;

/// <summary>One argument of a launch: an array, or a number.</summary>
/// <param name="Type">Of the array's elements, or of the number.</param>
/// <param name="Bits">The number; the lower half where its type has four bytes.</param>
internal readonly record struct LaunchValue(ElementType Type, long Bits, DeviceArray Array, bool IsArray);

/// <summary>A CUDA kernel that does not belong to this library: a text and the name of a kernel in it.</summary>
internal sealed class KernelCode
{
    /// <param name="path">The file that the text comes from, for messages.</param>
    /// <exception cref="ArgumentException">
    /// The text defines no kernel of that name, or one with a parameter that no launch can fill.
    /// </exception>
    public KernelCode(string path, string text, string name)
    {
        var kernels = KernelSignature.In(text).ToList();
        var others = kernels.Count > 0 ? $", only {string.Join(", ", kernels.Select(kernel => kernel.Name))}" : "";
        var kernel = kernels.Find(kernel => kernel.Name == name) ?? throw new ArgumentException(
            $"{path} defines no kernel {name}{others}; a kernel is written out as extern \"C\" __global__ void {name}(…)");

        if (kernel.Parameters.FirstOrDefault(parameter => parameter is { IsPointer: false, Type: null }) is { } unknown)
        {
            throw new ArgumentException($"{name} in {path}: a launch cannot fill the parameter \"{unknown.Declaration}\"; parameters are "
                + "pointers, int, int64, float, double and their unsigned forms");
        }

        (Path, Text, Name, Parameters) = (path, text, name, kernel.Parameters);
        Key = $"{path} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
    }

    public string Path { get; }

    public string Text { get; }

    public string Name { get; }

    public IReadOnlyList<KernelParameter> Parameters { get; }

    /// <summary>The same for all kernels of one text.</summary>
    public string Key { get; }

    /// <exception cref="ArgumentException">The arguments are not what the kernel's parameters are.</exception>
    public void Check(ReadOnlySpan<LaunchValue> values)
    {
        if (values.Length != Parameters.Count)
        {
            throw new ArgumentException($"{Name} has {Parameters.Count} parameters ({string.Join(", ", Parameters.Select(parameter =>
                parameter.Declaration))}) and was given {values.Length} arguments");
        }

        for (var i = 0; i < values.Length; i++)
        {
            var (parameter, value) = (Parameters[i], values[i]);
            var none = value.IsArray && value.Array.IsNone;
            if (value.IsArray != parameter.IsPointer || (!none && parameter.Type is { } type && type != value.Type))
            {
                throw new ArgumentException($"{Name}: argument {i} is \"{parameter.Declaration}\" in the kernel and was given "
                    + $"{(value.IsArray ? $"a tensor of {value.Type}" : $"a number of type {value.Type}")}");
            }
        }
    }
}
