namespace CrossModal.House.Tests;

/// <summary>The packages, used by somebody who has nothing else.</summary>
[Collection("builds")]
public sealed class PackagesTests
{
    [Theory]
    [InlineData("samples/04-custom-op.cs")]
    [InlineData("samples/08-trained-run.cs")]
    public void ASampleRunsOnThePackagesAlone(string sample)
    {
        var folder = Directory.CreateTempSubdirectory("crossmodal-packages-").FullName;
        try
        {
            var feed = Path.Combine(folder, "feed");
            foreach (var project in new[]
            {
                "src/Kernels/CrossModal.Kernels.csproj", "src/Tensor/CrossModal.Tensors.csproj",
                "src/Layers/CrossModal.Layers.csproj", "src/Verification/CrossModal.Verification.csproj",
                "src/CrossModal/CrossModal.Application.csproj",
            })
            {
                Succeed(Repository.Run("dotnet", ["pack", project, "--no-build", "-o", feed, "-v", "q"], Repository.Root));
            }

            var packed = Directory.GetFiles(feed, "*.nupkg").Select(Path.GetFileName).ToArray();
            Assert.Equal(5, packed.Length);
            Assert.Equal(5, Directory.GetFiles(feed, "*.snupkg").Length);

            // Other packages come from where this machine keeps those that it has fetched before, ours come from the feed alone.
            var kept = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
            File.WriteAllText(Path.Combine(folder, "nuget.config"), $"""
                <configuration>
                  <packageSources><clear /><add key="feed" value="{feed}" /><add key="kept" value="{kept}" /></packageSources>
                  <packageSourceMapping><clear /></packageSourceMapping>
                </configuration>
                """);

            // Without this a program of one file asks for the native compiler, which is a package too, and not one of ours.
            File.WriteAllText(Path.Combine(folder, "Directory.Build.props"), """
                <Project><PropertyGroup><PublishAot>false</PublishAot></PropertyGroup></Project>
                """);
            File.WriteAllText(Path.Combine(folder, Path.GetFileName(sample)), OnPackages(Repository.Read(sample), VersionOf(packed)));
            var (code, output) = Repository.Run("dotnet", ["run", "--file", Path.GetFileName(sample)], folder,
                ("NUGET_PACKAGES", Path.Combine(folder, "restored")));
            Assert.True(code == 0, output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The sample with the package in place of each project that it refers to.</summary>
    private static string OnPackages(string sample, string version)
    {
        var lines = sample.Split('\n').Select(line => !line.StartsWith("#:project ") ? line
            : $"#:package {Path.GetFileNameWithoutExtension(line).Replace("CrossModal.Application", "CrossModal")}@{version}");
        return string.Join('\n', lines);
    }

    private static string VersionOf(IEnumerable<string?> packages) =>
        packages.Single(package => package!.StartsWith("CrossModal.Kernels."))!["CrossModal.Kernels.".Length..^".nupkg".Length];

    private static void Succeed((int Code, string Output) run) => Assert.True(run.Code == 0, run.Output);
}
