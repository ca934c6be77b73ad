using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;

namespace CrossModal.Kernels.Cuda.Simulation;

/// <summary>How kernels are compiled for the host; chosen by the environment variable <c>CROSSMODAL_SIM</c>.</summary>
internal enum SimulatorBuild
{
    /// <summary>Every access to memory is looked at; the default.</summary>
    Checked,

    /// <summary>Optimized, nothing checked but barriers.</summary>
    Fast,

    /// <summary>Checked and not optimized, for stepping through with a debugger.</summary>
    Debug,

    /// <summary>
    /// Like <see cref="Debug"/>, and what one block does is recorded (<see cref="KernelTrace"/>). Not optimized, so that each access of the
    /// source is one access of the record. Not for the environment to choose: it is asked for with what to record.
    /// </summary>
    Trace,

    /// <summary>
    /// Optimized, so that what a GPU keeps in registers is no traffic, and every access is counted by warps (<see cref="LaunchCounts"/>);
    /// what is computed is of no use. Asked for by <see cref="CountingDriver"/> alone.
    /// </summary>
    Count,
}

/// <summary>
/// The machine's C++ compiler: <c>CXX</c>, else g++, else clang++. Knows how a kernel file becomes a library, and keeps what it made in the
/// cache.
/// </summary>
internal sealed class HostCompiler
{
    private const string Common =
        "-std=c++17 -fPIC -fvisibility=hidden -fno-exceptions -fno-rtti -fno-strict-aliasing -fno-math-errno -ffp-contract=off "
        + "-fno-optimize-sibling-calls -fno-stack-protector -U_FORTIFY_SOURCE -g -w";

    // Only the compiler's part of its sanitizers: what they call is in kernels/host/checks.cpp, and their libraries are not linked.
    // (clang looks at the alignment of members, not of the vector they make.)
    private const string Checks = "-DSIMULATOR_CHECKS -fsanitize=thread,alignment -fno-sanitize-recover=alignment";

    // Alignment is not looked at: a trap at each access would make the code larger and tell nothing of the count.
    private const string Counts = "-DSIMULATOR_CHECKS -DSIMULATOR_COUNT -fsanitize=thread";

    private readonly string _program, _version;

    private HostCompiler(string program, string version) => (_program, _version) = (program, version);

    /// <summary>What the environment asks for.</summary>
    /// <exception cref="BadInputException"><c>CROSSMODAL_SIM</c> is none of checked, fast and debug.</exception>
    public static SimulatorBuild BuildOfEnvironment => Environment.GetEnvironmentVariable("CROSSMODAL_SIM") switch
    {
        null or "" or "checked" => SimulatorBuild.Checked,
        "fast" => SimulatorBuild.Fast,
        "debug" => SimulatorBuild.Debug,
        var other => throw new BadInputException($"CROSSMODAL_SIM is {other}; it is checked, fast or debug"),
    };

    /// <summary>The compiler's own description of itself.</summary>
    public override string ToString() => _version;

    private bool IsClang => _version.Contains("clang", StringComparison.OrdinalIgnoreCase);

    /// <summary>Looks for a compiler that runs: the one that <c>CXX</c> names, or else one of the usual two.</summary>
    /// <exception cref="DeviceException">There is none.</exception>
    public static HostCompiler Find() => Find(Environment.GetEnvironmentVariable("CXX"));

    /// <param name="chosen">Instead of <c>CXX</c>.</param>
    public static HostCompiler Find(string? chosen)
    {
        string[] programs = chosen?.Trim() is { Length: > 0 } named ? [named] : ["g++", "clang++"];
        foreach (var program in programs)
        {
            if (TryRun(program, ["--version"]) is { Code: 0 } run)
                return new HostCompiler(program, run.Output.Split('\n')[0].Trim());
        }

        throw new DeviceException(
            $"the device cuda-sim compiles its kernels with a C++ compiler, and {string.Join(" and ", programs)} cannot be run; "
            + "install one (Debian and Ubuntu: apt-get install g++) or set CXX", DeviceProblem.Unavailable);
    }

    /// <summary>The library of a kernel file: found in the cache, or compiled into it.</summary>
    /// <exception cref="CudaException">The file does not compile; the message has the compiler's first error with its line.</exception>
    public string Compile(KernelSource source, SimulatorBuild build)
    {
        var (kernelFlags, runtimeFlags) = Flags(build);
        var key = Hash($"{source.Hash}\0{_program}\0{_version}\0{kernelFlags}\0{runtimeFlags}\0{KernelScan.Version}");
        var cache = CacheRoot.EnsurePrivate("cuda-sim");
        var folder = CacheRoot.MakePrivate(Path.Combine(cache, $"{source.Name}-{build.ToString().ToLowerInvariant()}-{key}"));
        var library = Path.Combine(folder, "module.so");
        if (IsOwn(library))
            return library;
        RefuseUnwatchedMemory(source);

        // Two processes may be at this at once: each works in a folder of its own, and the last rename wins with the same content.
        using var staged = StagedPath.Begin(library);
        var own = Directory.CreateDirectory(staged.Aside).FullName;
        var sources = Path.Combine(folder, "kernels");
        Write(Path.Combine(sources, source.Name + ".cu"), source.Text, own);
        foreach (var (name, text) in source.Headers)
            Write(Path.Combine(sources, name), text, own);

        // Paths from the folder: the assembler stumbles over a quotation mark in those that debuggers are told.
        string In(string path) => Path.GetRelativePath(folder, path);
        string[] flags = [.. Words(Common), .. Words(kernelFlags)];
        var scanned = Run(source, folder,
            [.. flags, "-E", "-P", "-DSIMULATOR_SCAN", "-x", "c++", In(Path.Combine(sources, source.Name + ".cu"))]);
        File.WriteAllText(Path.Combine(own, "module.cpp"), KernelScan.Generate(source.Name, scanned));
        var kernels = Path.Combine(own, "module.o");
        Run(source, folder, [.. flags, "-c", "-I" + In(sources), In(Path.Combine(own, "module.cpp")), "-o", In(kernels)]);
        List<string> objects = [kernels];
        string[] checks = build switch
        {
            SimulatorBuild.Fast => ["host/unchecked.cpp", "host/async_unchecked.cpp"],
            SimulatorBuild.Count => ["host/count.cpp", "host/async_unchecked.cpp"],
            _ => ["host/checks.cpp", "host/async_checks.cpp"],
        };
        string[] trace = build == SimulatorBuild.Trace ? ["host/trace.cpp"] : [];
        string[] always = ["host/runtime.cpp", "host/collectives.cpp", "host/async.cpp", "host/warpgroup.cpp"];
        foreach (var file in (ReadOnlySpan<string>)[.. always, .. checks, .. trace])
            objects.Add(RuntimeObject(source, file, folder, sources, own, runtimeFlags));
        var made = Path.Combine(own, "module.so");
        Run(source, folder, ["-shared", .. objects.Select(In), "-o", In(made), "-lm"]);
        Keep(made, library);
        return library;
    }

    /// <exception cref="CudaException">A kernel declares shared memory as CUDA's text books do.</exception>
    private static void RefuseUnwatchedMemory(KernelSource source)
    {
        var lines = source.Text.Split('\n');
        var line = Array.FindIndex(lines, line => line.Split("//")[0].Contains("__shared__", StringComparison.Ordinal));
        if (line >= 0)
        {
            throw new CudaException($"cuda-sim: {source.Path}:{line + 1}: shared memory is declared by the macros SHARED(type, name, "
                + "count) and DYNAMIC_SHARED(type, name) of kernel.cuh, so that every access to it is seen");
        }
    }

    /// <summary>The simulator's own part of a module, compiled once for all modules.</summary>
    private string RuntimeObject(KernelSource source, string file, string folder, string sources, string own, string flags)
    {
        var all = new StringBuilder($"{_program}\0{_version}\0{Common}\0{flags}\0{file}");
        var simulator = source.Headers.Where(header => header.Key.StartsWith("host/", StringComparison.Ordinal));
        foreach (var (name, text) in simulator.OrderBy(header => header.Key, StringComparer.Ordinal))
            all.Append('\0').Append(name).Append('\0').Append(text);
        var kept = Path.Combine(CacheRoot.EnsurePrivate("cuda-sim"), $"{Path.GetFileNameWithoutExtension(file)}-{Hash(all.ToString())}.o");
        if (IsOwn(kept))
            return kept;
        var made = Path.Combine(own, Path.GetFileName(file) + ".o");
        Run(source, folder, [.. Words(Common), .. Words(flags), "-c", Path.GetRelativePath(folder, Path.Combine(sources, file)), "-o",
            Path.GetRelativePath(folder, made)]);
        Keep(made, kept);
        return kept;
    }

    private (string Kernels, string Runtime) Flags(SimulatorBuild build)
    {
        // Products and sums in one instruction where the machine has it: fmaf is what kernels are made of.
        // A symbol that must be unique in the process would keep its library from being unloaded; clang has no such symbols.
        var machine = IsClang ? "" : "-fno-gnu-unique ";
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
            machine += Fma.IsSupported ? "-mfma -fcf-protection=none" : "-fcf-protection=none";
        // A float4 that is loaded at once must stay one access, instead of one for each member; clang has no such option.
        var whole = IsClang ? "" : "-fno-tree-sra -fno-ipa-sra";
        return build switch
        {
            SimulatorBuild.Fast => ($"-O2 {machine}", $"-O2 {machine}"),
            SimulatorBuild.Checked => ($"-O1 -fno-tree-vectorize {Checks} {machine}", $"-O2 {machine}"),
            SimulatorBuild.Count => ($"-O2 -fno-tree-vectorize {whole} {Counts} {machine}", $"-O2 -DSIMULATOR_COUNT {machine}"),
            SimulatorBuild.Trace => ($"-O0 {Checks} {machine}", $"-O2 -DSIMULATOR_TRACE {machine}"),
            _ => ($"-O0 {Checks} {machine}", $"-O2 {machine}"),
        };
    }

    /// <summary>Code that others could have written is not run: it is compiled again.</summary>
    private static bool IsOwn(string path) => File.Exists(path) && FileStatus.IsTrusted(path);

    /// <summary>Moves what the compiler made into the cache, where only this user may change it.</summary>
    private static void Keep(string made, string place)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(made, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.Move(made, place, overwrite: true);
    }

    private string Run(KernelSource source, string folder, string[] arguments)
    {
        var (code, output, errors) = TryRun(_program, arguments, folder)
            ?? throw new DeviceException($"the C++ compiler {_program} cannot be run any more", DeviceProblem.Unavailable);
        if (code == 0)
            return output;
        var lines = errors.Split('\n');
        var first = lines.FirstOrDefault(line => line.Contains("error:", StringComparison.Ordinal))
            ?? lines.FirstOrDefault(line => line.Length > 0) ?? "no message";
        throw new CudaException(source.WithPaths(
            $"cuda-sim: kernels/{source.Name}.cu does not compile: {first.Trim().Replace(folder + "/", "")}"));
    }

    private static (int Code, string Output, string Errors)? TryRun(string program, string[] arguments, string folder = "")
    {
        try
        {
            // CXX may hold options, or a program that runs the compiler: "ccache g++".
            // Arguments go as a list, which no quotation mark in a path can end.
            var words = Words(program);
            var start = new ProcessStartInfo(words[0], [.. words[1..], .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
                WorkingDirectory = folder,
            };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, errors.Result);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A file that another process may be writing, with the same text: whole at any time.</summary>
    /// <param name="own">A folder beside it where nobody else writes.</param>
    private static void Write(string path, string text, string own)
    {
        try
        {
            if (File.Exists(path) && File.ReadAllText(path) == text)
                return;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var aside = Path.Combine(own, Path.GetFileName(path));
            File.WriteAllText(aside, text);
            File.Move(aside, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"cannot write {path}: {error.Message.TrimEnd('.')}; free some space or set CROSSMODAL_CACHE to another folder", error);
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
