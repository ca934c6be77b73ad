using System.Runtime.InteropServices;

namespace CrossModal.House.Tests;

/// <summary>The program as a .NET tool, installed by somebody who has nothing but its packages and dotnet.</summary>
[Collection("builds")]
public sealed class ToolTests
{
    private const long LargestInstallation = 60_000_000;

    [Fact]
    public void TheToolIsInstalledFromItsPackagesAloneAndTrains()
    {
        var folder = Directory.CreateTempSubdirectory("crossmodal-tool-").FullName;
        try
        {
            var feed = Path.Combine(folder, "feed");
            Succeed("dotnet", ["pack", "CrossModal.csproj", $"-p:ToolSystems={System}", "-p:BuildProjectReferences=false", "-o", feed],
                Repository.Root);
            var packages = Directory.GetFiles(feed).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal).ToArray();
            var version = packages[0]["CrossModal.Tool.".Length..^".nupkg".Length];
            Assert.Equal([$"CrossModal.Tool.{version}.nupkg", $"CrossModal.Tool.{System}.{version}.nupkg"], packages);

            var elsewhere = Directory.CreateDirectory(Path.Combine(folder, "elsewhere")).FullName;
            File.WriteAllText(Path.Combine(elsewhere, "nuget.config"), $"""
                <configuration>
                  <packageSources><clear /><add key="feed" value="{feed}" /></packageSources>
                  <packageSourceMapping><clear /></packageSourceMapping>
                </configuration>
                """);
            Succeed("dotnet", ["tool", "install", "CrossModal.Tool", "--version", version, "--tool-path", "tools"], elsewhere,
                ("DOTNET_CLI_HOME", folder), ("NUGET_PACKAGES", Path.Combine(folder, "restored")));
            var installed = Path.Combine(elsewhere, "tools");
            var size = Directory.EnumerateFiles(installed, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
            Assert.InRange(size, 1, LargestInstallation);

            string Use(params string[] arguments) => Succeed(Path.Combine(installed, "crossmodal"), arguments, elsewhere,
                ("CROSSMODAL_CACHE", Path.Combine(folder, "cache")), ("NO_COLOR", "1"));
            Assert.StartsWith($"crossmodal {version}", Use("--version"));
            Assert.Contains("reference", Use("devices"));
            Use("train", "s2i", "--preset", "tiny", "--steps", "2", "--out", "run");
            Assert.True(File.Exists(Path.Combine(elsewhere, "run", "checkpoints", "last.safetensors")));

            // The weights that come along lie beside the program, wherever that is.
            Assert.Contains(Directory.EnumerateFiles(installed, "last.safetensors", SearchOption.AllDirectories),
                file => file.Replace('\\', '/').EndsWith($"/{System}/models/pose-s2i/checkpoints/last.safetensors"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>This machine as packages call it.</summary>
    private static string System { get; } =
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")
        + $"-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    private static string Succeed(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        var (code, output) = Repository.Run(program, arguments, folder, environment);
        Assert.True(code == 0, $"{Path.GetFileName(program)} {string.Join(' ', arguments)}: exit code {code}\n{output}");
        return output;
    }
}
