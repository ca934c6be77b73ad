using System.Diagnostics;

namespace CrossModal.Kernels.Cuda;

/// <summary>
/// The folders where a CUDA library may lie although the system's loader does not know them, the likeliest first: those of
/// <see cref="Variable"/>, then what <c>pip install nvidia-…</c> leaves in a Python environment, then installed toolkits. Nothing is loaded
/// for it, and nothing run but a <c>python3</c> that is a script: a wrapper, which alone knows where its packages are.
/// </summary>
/// <param name="environment">Reads an environment variable.</param>
/// <param name="root">Stands before every absolute path that is not from the environment.</param>
internal sealed class LibraryPlaces(Func<string, string?> environment, string root = "/")
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A folder, or several separated as in PATH; each is searched itself and in its <c>lib64</c>, <c>lib</c> and <c>bin</c>.
    /// </summary>
    public const string Variable = "CROSSMODAL_CUDA_PATH";

    public static LibraryPlaces OfThisMachine { get; } = new(Environment.GetEnvironmentVariable);

    /// <summary>What <see cref="Variable"/> names, whether it is there or not.</summary>
    public IEnumerable<string> Chosen() =>
        (environment(Variable) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The file that a variable of the environment names; null where it does not.</summary>
    public string? Named(string variable) => environment(variable) is { Length: > 0 } file ? file : null;

    /// <summary>The folders that are there, in the order of search, without repetition.</summary>
    /// <param name="python">Whether those of Python's packages are among them.</param>
    public IEnumerable<string> Folders(bool python = true) =>
        Chosen().SelectMany(folder =>
            new[] { folder, Path.Combine(folder, "lib64"), Path.Combine(folder, "lib"), Path.Combine(folder, "bin") })
            .Concat(python ? OfPython() : [])
            .Concat(OfToolkits())
            .Where(Directory.Exists)
            .Distinct();

    private IEnumerable<string> OfPython()
    {
        var packages = PythonPrefixes().SelectMany(PackageFolders).Concat(OfWrappers()).Distinct();
        foreach (var folder in packages.SelectMany(folder => Match(Path.Combine(folder, "nvidia"), "*")))
        {
            yield return Path.Combine(folder, "lib");
            yield return Path.Combine(folder, "bin");
            yield return Path.Combine(folder, "bin", "x86_64");
        }

        if (environment("CONDA_PREFIX") is { Length: > 0 } conda)
        {
            yield return Path.Combine(conda, "lib");
            yield return Path.Combine(conda, "Library", "bin");
        }
    }

    /// <summary>
    /// The active environment first, then the interpreters on the PATH (each in an environment's <c>bin</c>, most often), and where they
    /// are links what these lead to, then the system's and the user's own packages.
    /// </summary>
    private IEnumerable<string> PythonPrefixes()
    {
        foreach (var variable in (string[])["VIRTUAL_ENV", "CONDA_PREFIX"])
            if (environment(variable) is { Length: > 0 } active)
                yield return active;
        foreach (var python in Interpreters())
        {
            yield return PrefixOf(python);
            for (var target = LinkTarget(python); target is not null; target = LinkTarget(target))
                yield return PrefixOf(target);
        }

        if (environment("HOME") is { Length: > 0 } home)
            yield return Path.Combine(home, ".local");
        yield return Path.Combine(root, "usr");
        yield return Path.Combine(root, "usr", "local");
    }

    private IEnumerable<string> Interpreters() => (environment("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "python.exe" : "python3"))
        .Where(File.Exists);

    private static string PrefixOf(string python)
    {
        var folder = Path.GetDirectoryName(python)!;
        return OperatingSystem.IsWindows() ? folder : Path.GetDirectoryName(folder) ?? folder;
    }

    /// <summary>What a link leads to, one step; null for what is no link, and where the links go round in a circle.</summary>
    private static string? LinkTarget(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true) is null ? null : File.ResolveLinkTarget(path, false)!.FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// The package folders of interpreters that are scripts, as version managers put them on the PATH: the first one is asked.
    /// </summary>
    private IEnumerable<string> OfWrappers()
    {
        if (Interpreters().FirstOrDefault(IsScript) is not { } wrapper)
            return [];
        const string Program = "import site; print(*site.getsitepackages(), site.getusersitepackages(), sep='\\n')";
        return (Ask(wrapper, "-c", Program) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static bool IsScript(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return file.ReadByte() == '#' && file.ReadByte() == '!';
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? Ask(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            var output = process?.StandardOutput.ReadToEndAsync();
            if (process is null || !process.WaitForExit(Patience))
            {
                process?.Kill(entireProcessTree: true);
                return null;
            }

            return process.ExitCode == 0 ? output!.Result : null;
        }
        catch (Exception error) when (error is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
        {
            return null;
        }
    }

    private static IEnumerable<string> PackageFolders(string prefix)
    {
        foreach (var python in Match(Path.Combine(prefix, "lib"), "python3*"))
        {
            yield return Path.Combine(python, "site-packages");
            yield return Path.Combine(python, "dist-packages");
        }

        yield return Path.Combine(prefix, "Lib", "site-packages");
    }

    private IEnumerable<string> OfToolkits()
    {
        foreach (var toolkit in Match(Path.Combine(root, "usr", "local"), "cuda*"))
            yield return Path.Combine(toolkit, "lib64");
        if (environment("CUDA_PATH") is { Length: > 0 } windows)
        {
            yield return Path.Combine(windows, "bin");
            yield return Path.Combine(windows, "bin", "x64");
        }
    }

    /// <summary>
    /// Subfolders by pattern: a name without a number first, then the newest; none when the folder is not there or cannot be read.
    /// </summary>
    private static string[] Match(string folder, string pattern)
    {
        try
        {
            return Directory.Exists(folder)
                ? [.. Directory.EnumerateDirectories(folder, pattern)
                    .OrderBy(path => path.EndsWith("cuda", StringComparison.Ordinal) ? 0 : 1)
                    .ThenByDescending(VersionIn)
                    .ThenBy(path => path, StringComparer.Ordinal)]
                : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static Version VersionIn(string path)
    {
        var name = Path.GetFileName(path);
        var digits = name[(name.TakeWhile(letter => !char.IsAsciiDigit(letter)).Count())..];
        return Version.TryParse(digits.Contains('.') ? digits : digits + ".0", out var version) ? version : new Version(0, 0);
    }
}
