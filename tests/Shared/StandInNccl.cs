using System.ComponentModel;
using System.Diagnostics;

namespace CrossModal;

/// <summary>The library that stands for NCCL where there is no GPU: StandInNccl.cpp.</summary>
internal static class StandInNccl
{
    /// <summary>The variable that names it to the engine.</summary>
    public const string Variable = "CROSSMODAL_NCCL";

    /// <summary>Compiles it into a folder; its path. Skips the running test where there is no C++ compiler.</summary>
    public static string Build(string folder)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the stand-in for NCCL is compiled as a Linux library");
        TestDevices.Require("cuda-sim");
        var (source, library) = (Path.Combine(folder, "StandInNccl.cpp"), Path.Combine(folder, "libnccl.so.2"));
        using (var text = typeof(StandInNccl).Assembly.GetManifestResourceStream("StandInNccl.cpp")!)
        using (var file = File.Create(source))
            text.CopyTo(file);
        foreach (var compiler in (string?[])[Environment.GetEnvironmentVariable("CXX"), "g++", "clang++"])
        {
            try
            {
                if (string.IsNullOrEmpty(compiler))
                    continue;
                using var process = Process.Start(new ProcessStartInfo(compiler,
                    ["-std=c++17", "-O1", "-shared", "-fPIC", "-pthread", "-o", library, source, "-lrt"])
                {
                    RedirectStandardError = true,
                })!;
                var errors = process.StandardError.ReadToEnd();
                process.WaitForExit();
                Assert.True(process.ExitCode == 0, errors);
                return library;
            }
            catch (Win32Exception)
            {
                // There is no such program; the next one may be there.
            }
        }

        throw new FileNotFoundException("there is no C++ compiler: CXX, g++, clang++");
    }
}
