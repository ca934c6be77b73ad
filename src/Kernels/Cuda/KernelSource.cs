using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace CrossModal.Kernels.Cuda;

/// <summary>A kernel file and the files that it may include, by their names within <c>kernels/</c>.</summary>
/// <param name="Name">The family: <c>convolution</c> for <c>convolution.cu</c>.</param>
/// <param name="Text">The whole file.</param>
/// <param name="Headers">Every <c>.cuh</c> and <c>host/</c> file, by its name within <c>kernels/</c>.</param>
internal sealed record KernelSource(string Name, string Text, IReadOnlyDictionary<string, string> Headers)
{
    private const string Prefix = "kernels/";

    /// <summary>The file as messages call it.</summary>
    public string Path { get; init; } = $"{Prefix}{Name}.cu";

    /// <summary>Whether the file is for compute capability 9.0 alone, by instructions that no later one has: for <c>sm_90a</c>.</summary>
    public bool IsForHopper => IsHoppers(Name);

    /// <summary>The same of a family's name.</summary>
    public static bool IsHoppers(string family) => family.EndsWith("_wgmma", StringComparison.Ordinal);

    private static readonly Assembly Home = typeof(KernelSource).Assembly;
    private static readonly Lazy<IReadOnlyDictionary<string, string>> AllHeaders = new(() =>
        Names().Where(name => !name.EndsWith(".cu", StringComparison.Ordinal)).ToDictionary(name => name, Read));

    /// <summary>The families that the program carries with it.</summary>
    public static IReadOnlyList<string> Families { get; } =
        [.. Names().Where(name => name.EndsWith(".cu", StringComparison.Ordinal)).Select(name => name[..^3]).Order(StringComparer.Ordinal)];

    /// <summary>The headers that the program carries with it, for a kernel file from elsewhere.</summary>
    public static IReadOnlyDictionary<string, string> CarriedHeaders => AllHeaders.Value;

    /// <summary>The file of a family, as it was when the program was built.</summary>
    public static KernelSource Of(string family) => new(family, Read(family + ".cu"), AllHeaders.Value);

    /// <summary>A kernel of the user's, which may include the headers of <c>kernels/</c>.</summary>
    internal static KernelSource Of(KernelCode code)
    {
        // The simulator writes a file of this name, and compilers are told it.
        var letters = System.IO.Path.GetFileNameWithoutExtension(code.Path).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' ? c : '_');
        return new KernelSource(string.Concat(letters), code.Text, AllHeaders.Value) { Path = code.Path };
    }

    /// <summary>The line of a compiler's message that names one of the files, with the file's name as users know it.</summary>
    public string WithPaths(string message) => message.Replace($"{Prefix}{Name}.cu", Path, StringComparison.Ordinal);

    /// <summary>Changes whenever a character of the file or of any header does.</summary>
    public string Hash
    {
        get
        {
            var all = new StringBuilder(Text);
            foreach (var (name, header) in Headers.OrderBy(header => header.Key, StringComparer.Ordinal))
                all.Append('\0').Append(name).Append('\0').Append(header);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all.ToString())))[..16];
        }
    }

    /// <summary>Compiles several families on all cores.</summary>
    /// <param name="compile">Called from several threads.</param>
    /// <param name="compiled">Told after each file how many are ready, one call at a time.</param>
    /// <exception cref="CudaException">One does not compile; the first such error, as it is.</exception>
    internal static void CompileAll(IReadOnlyList<string> families, Action<KernelSource> compile, Action<int>? compiled) =>
        CompileAll(families.Select(Of), compile, compiled);

    /// <summary>The same for files that the program may not carry.</summary>
    internal static void CompileAll(IEnumerable<KernelSource> sources, Action<KernelSource> compile, Action<int>? compiled)
    {
        var (gate, ready) = (new Lock(), 0);
        try
        {
            Parallel.ForEach(sources, source =>
            {
                compile(source);
                lock (gate)
                    compiled?.Invoke(++ready);
            });
        }
        catch (AggregateException errors)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(errors.InnerExceptions[0]);
        }
    }

    private static IEnumerable<string> Names() =>
        Home.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..]);

    private static string Read(string name)
    {
        using var stream = Home.GetManifestResourceStream(Prefix + name) ?? throw new ArgumentException($"there is no kernel file {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
