using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CrossModal.House.Tests;

/// <summary>The files of the project and the programs that are run on them.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", ".."));

    /// <summary>
    /// The files that git tracks, with forward slashes, relative to <see cref="Root"/>, whose names end in one of the endings.
    /// </summary>
    public static string[] Files(params string[] endings)
    {
        var (code, output) = Run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], Root);
        Assert.True(code == 0, $"git ls-files: {output}");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(file => endings.Any(file.EndsWith) && File.Exists(Path.Combine(Root, file))).Distinct()];
    }

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file)).ReplaceLineEndings("\n");

    /// <summary>Runs a program to its end and returns its exit code and all that it wrote.</summary>
    public static (int Code, string Output) Run(string program, IEnumerable<string> arguments, string folder,
        params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";

        // What the test runner tells its own runtime must not reach another one's build.
        foreach (var inherited in new[] { "MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBUILD_EXE_PATH", "DOTNET_HOST_PATH" })
            start.Environment.Remove(inherited);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, (output + error.Result).ReplaceLineEndings("\n"));
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
