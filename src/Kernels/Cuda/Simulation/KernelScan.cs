using System.Text;
using System.Text.RegularExpressions;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>
/// Finds the kernels of a file and writes the C++ file that makes a module of them: it includes the kernels' file and adds a table with,
/// for each kernel, its name, its parameters, and a function that calls it with the values that an array of pointers points to.
/// </summary>
internal static partial class KernelScan
{
    /// <summary>Changes with what <see cref="Generate"/> writes.</summary>
    public const int Version = 4;

    /// <param name="family">The file's name without <c>.cu</c>.</param>
    /// <param name="preprocessed">The file after the preprocessor, so that kernels which macros stamp out are seen, but with
    /// <c>__global__</c> and <c>__launch_bounds__</c> as written.</param>
    public static string Generate(string family, string preprocessed)
    {
        // A kernel of the user's may do without kernel.cuh, as it may for NVRTC.
        var text = new StringBuilder($"#include \"kernel.cuh\"\n#include \"{family}.cu\"\n#include \"host/module.h\"\n\n");
        var table = new StringBuilder();
        var count = 0;
        foreach (var kernel in KernelSignature.In(preprocessed))
        {
            var (name, bound) = (kernel.Name, kernel.ThreadsBound ?? "0");
            text.Append($"static const char* const {name}_parameters[] = {{");
            foreach (var parameter in kernel.Parameters)
                text.Append($"\"{parameter.Name}\", ");
            text.Append("nullptr};\n");
            var declarations = string.Join(";", kernel.Parameters.Select(parameter => Spaces().Replace(parameter.Declaration, " ")));
            table.Append($"    simulator::describe<{name}>(\"{name}\", {name}_parameters, \"{declarations}\", ({bound})),\n");
            count++;
        }

        text.Append($"\nextern \"C\" const simulator::kernel simulator_kernels[] = {{\n{table}    {{}}\n}};\nextern \"C\" const int "
            + $"simulator_kernel_count = {count};\n");
        return text.ToString();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
